"""One's own statistics: how many drawings, and how well they were read by one's own answers."""
