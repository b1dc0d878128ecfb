"""The HTML pages. Imports neither `api` nor `admin`."""
