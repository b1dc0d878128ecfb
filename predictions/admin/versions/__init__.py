"""Model versions in the admin: comparison, promotion, challengers and training runs."""
