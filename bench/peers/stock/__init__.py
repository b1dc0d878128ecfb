"""A stock build with Django, DRF and Celery: one task a picture, and clients that poll."""
