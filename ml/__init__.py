"""How digits are read: from strokes or an image to a Reading. Knows nothing of Django, HTTP or Celery."""
