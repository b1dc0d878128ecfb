"""A walk over every URL with every kind of person and of id: what is not one's own is like what does not exist."""
