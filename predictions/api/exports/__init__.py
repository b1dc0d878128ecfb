"""Take drawings out by the API: exports as files, and a stream of lines."""
