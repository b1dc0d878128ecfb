"""How well sheets are read: made photographs of filled-in pages, and of ruled tables that are not ours.

Their generators share nothing with those that sheets are tuned on.
"""
