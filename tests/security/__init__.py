"""What the site refuses and escapes, and what it tells browsers."""
