"""Which release this code is, and the one before, whose code may run beside it on one database.

A release is a dated heading of CHANGELOG.md; "Unreleased" is the next one. To release: count NUMBER up, and name what
was released in FORMER, with the last migration of each of our apps. docker/upgrade.sh reads NUMBER from images.
"""

NUMBER = 2
FORMER = "2026-11"  # release 1
FORMER_MIGRATIONS = {"accounts": "0005_words_for_columns", "predictions": "0008_long_histories"}
