"""People who draw without an account: their sessions and their limits."""
