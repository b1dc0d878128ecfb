"""Data for training and evaluation: data sets, augmentation, and synthetic digits, numbers and hard negatives."""
