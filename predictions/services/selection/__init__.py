"""Many drawings at once: which ones a person selected, deleting them with undo, and reading them again."""
