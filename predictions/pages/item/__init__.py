"""The page of one submission, its images, and the actions on it."""
