"""Train the digit network, the candidate scorer and the line recognizer. Never imported by what serves."""
