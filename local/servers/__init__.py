"""Find, start and stop PostgreSQL and Redis."""
