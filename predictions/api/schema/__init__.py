"""The OpenAPI schema of the API: its operations, their parameters, errors and examples."""
