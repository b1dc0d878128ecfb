"""Compare networks, seeds and inference runtimes."""
