"""What an image file says of itself, read without a decoder: its size, what decoding it costs, what a decoder needs."""
