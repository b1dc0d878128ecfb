"""What Prometheus is told: counted where it happens, or read from rows when it asks."""
