"""How a web process waits for its clients: in one loop, so that a slow one costs no thread."""
