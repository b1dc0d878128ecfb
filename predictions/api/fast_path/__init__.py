"""The fast path of the two requests that programs send most: a drawing with a token, and a look at one's reading."""
