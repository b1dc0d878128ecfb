"""Pages of sheets: their list, taking photographs, the table, and checking it."""
