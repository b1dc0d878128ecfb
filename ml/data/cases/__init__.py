"""Draw pages of every kind of fault for evaluation, with signs that training never shows."""
