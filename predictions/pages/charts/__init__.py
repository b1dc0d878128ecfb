"""Charts of pages, in SVG units; the templates draw them."""
