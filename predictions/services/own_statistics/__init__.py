"""One's own statistics: how many drawings a person has, and how well they were read by what the person says."""
