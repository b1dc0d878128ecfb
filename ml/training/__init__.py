"""Train the digit network and the line recognizer. The service never imports this."""
