"""A stock build with Django, DRF and Celery: one task for each picture, and clients that poll."""
