"""What the log says, and what it hides."""
