"""The trainer: runs that tune a model on reviewed drawings."""
