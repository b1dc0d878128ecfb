"""The JSON API. Imports neither `pages` nor `admin`."""
