"""How well we read, for reviewers: accuracy and calibration of the random sample, and drift."""
