"""Pages of templates: their list, the editor, one template, and its PDF."""
