"""Our own ways to write dates and times, one folder a language; Django finds the rest itself."""
