"""Train the digit network, the candidate scorer and the line recognizer. The service never imports this."""
