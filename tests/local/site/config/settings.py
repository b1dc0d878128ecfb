"""The small site's settings, for Celery's Django fixup."""

import os

SECRET_KEY = os.environ["SECRET_KEY"]
USE_TZ = True
