"""Read ink: split it into digits, classify them, decode the text and say how sure it is."""
