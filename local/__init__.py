"""One machine: find or start Postgres and Redis, start the site, supervise its processes.

Uses only the standard library and this folder, because it runs before anything is installed.
"""
