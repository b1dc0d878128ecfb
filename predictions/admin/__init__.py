"""Django's admin: the review queue, model versions, and tables to look at."""

from predictions.admin import review_queue, scheduled, tables  # noqa: F401  (each registers its tables)
from predictions.admin.owned import sheets, webhooks  # noqa: F401  (each registers its tables)
from predictions.admin.versions import training_runs  # noqa: F401  (each registers its tables)
