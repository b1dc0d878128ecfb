"""Postgres without Django: notifications, and statements that are planned once."""
