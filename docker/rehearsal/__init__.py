"""What `docker/rehearse.sh` does: all that docs/deploy.md promises, done to a service of its own."""
