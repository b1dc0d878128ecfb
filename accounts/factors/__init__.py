"""Second factors and passkeys, by django-allauth: codes of an authenticator app, passkeys and recovery codes.

allauth has the protocols, the steps of a log-in and the tables. Here is what it leaves to a site, or does otherwise:
secrets are encrypted, wrong codes are counted in Postgres, a code works once, and what happens is in the audit log.
"""
