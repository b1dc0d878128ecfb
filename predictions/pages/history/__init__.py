"""The history of a user's submissions."""
