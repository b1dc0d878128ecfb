"""Costs of hostile requests."""
