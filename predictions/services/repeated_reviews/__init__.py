"""Drawings that are reviewed again, without their reviewers knowing: by a second person, or to check the reviewer."""
