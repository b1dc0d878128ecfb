"""Measure how well a model reads: accuracy, robustness, calibration, CPU time. The service never imports this."""
