"""Webhooks in the API, by the same functions as on the page."""
