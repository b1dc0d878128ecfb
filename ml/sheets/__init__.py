"""Sheets: templates to print and fill in by hand, their layout, and the cells that are cut from photographs of them.

`template` and `layout` need the standard library only: web processes print templates, workers cut cells.
"""
