"""Django's admin: the review queue, model versions, and tables to look at."""

from predictions.admin import review_queue, tables, training_runs  # noqa: F401  (each registers its tables)
