"""Show again how a drawing was drawn: when the pen was where, and the same as an animated image."""
