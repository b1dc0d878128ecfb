"""Django's PostgreSQL backend with a timeout for each answer."""
