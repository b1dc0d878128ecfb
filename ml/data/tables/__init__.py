"""Make photographs of ruled tables in many styles, with the truth about their cells, to tune `ml.sheets.tables` by."""
