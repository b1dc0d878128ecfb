"""What is done with SECRET_KEY besides Django's own signing: keyed hashes, ciphers, and the change to a new key."""
