"""Users, sign-in, API tokens, roles, rate limits, audit log and outgoing mail; nothing about digits."""
