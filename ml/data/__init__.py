"""Data to learn from and to measure with: data sets, augmentation, and synthetic digits, lines and signs."""
