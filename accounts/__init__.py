"""Who you are and what you may: user, tokens, audit. Knows nothing of digits."""
