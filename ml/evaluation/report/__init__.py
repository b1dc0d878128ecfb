"""What is shown of the figures: tables, charts and the worst errors."""
