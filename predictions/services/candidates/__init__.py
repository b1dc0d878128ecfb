"""Candidates for the live model: training runs that make them, and challengers that read in shadow."""
