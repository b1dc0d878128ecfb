"""Users, groups, tokens, mail and the audit log in Django's admin."""

from accounts.admin import audit_table, invitations, tables, user_table  # noqa: F401  (they register their tables)
