"""Comparisons and measurements, each a script that prints its table. Nothing here is part of the service."""
