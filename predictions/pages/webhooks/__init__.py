"""Pages on which people add, try and remove webhooks."""
