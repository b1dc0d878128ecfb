"""Filled-in pages and photographs of them, drawn by script: what the cutting of pages is tuned on and tested with."""
