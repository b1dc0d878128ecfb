"""Users, groups, tokens, mail and the audit log in Django's admin."""

from accounts.admin import tables  # noqa: F401  (registers its tables)
