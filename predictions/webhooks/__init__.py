"""Webhooks by the Standard Webhooks specification: events, their signatures, and the process that delivers them."""
