"""Benchmarks, each a script that prints a table. Nothing here is part of the service."""
