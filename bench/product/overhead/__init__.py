"""What watching the service costs: log lines, spans and metrics, with and without, by turns in one run."""
