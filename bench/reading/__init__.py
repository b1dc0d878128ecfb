"""Measure the networks and the runtimes that run them."""
