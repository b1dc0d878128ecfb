"""The bit patterns of the marks: markers 0 to 5 of OpenCV's dictionary 4X4_50, so that printing needs no OpenCV."""

SIDE_BITS = 4  # within a black border one bit wide: a mark is 6 x 6 bits

# Four rows from the top, the leftmost bit first; 1 is white.
MARK_BITS: dict[int, tuple[int, int, int, int]] = {
    0: (0b1011, 0b0101, 0b0011, 0b0010),
    1: (0b0000, 0b1111, 0b1001, 0b1010),
    2: (0b0011, 0b0011, 0b0010, 0b1101),
    3: (0b1001, 0b1001, 0b0100, 0b0110),
    4: (0b0101, 0b0100, 0b1001, 0b1110),
    5: (0b0111, 0b1001, 0b1100, 0b1101),
}
