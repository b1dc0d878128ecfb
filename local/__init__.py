"""One machine: find or start Postgres and Redis, supervise children, open the options in order.

Standard library only, and nothing of Inkling outside this folder: it runs before anything is installed.
"""
