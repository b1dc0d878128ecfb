"""View-only tables of what belongs to people: sheets without their values, webhooks without their secrets."""
