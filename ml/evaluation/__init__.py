"""Measure how well a model reads: accuracy, robustness, calibration, latency. Never imported by what serves."""
