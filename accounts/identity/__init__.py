"""Who an account belongs to: its name, its addresses, the access that it has given, and what its owner is told."""
