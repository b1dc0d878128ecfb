"""Limits on guesses, sign-ups and mails, counted in Postgres: they hold across processes and without Redis.

Not allauth's own, django-axes or django-ratelimit. allauth counts in the cache, where concurrent requests pass a limit,
under keys with the Host header, and also what is right. django-axes locks out a name, so anybody can lock out anybody.
"""
