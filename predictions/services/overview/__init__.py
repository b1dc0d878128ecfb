"""The state of the site for its staff: what waits, what was read, and what to pause."""
