"""Turn bytes or strokes into ink: paper, light and ruled lines removed, digits normalized to 28 x 28."""
