"""Measure which statements grow with the history: `python -m bench.growth`."""
