"""What a photograph of a printed page shows: its code, how the page is bent, and what is wrong with the photograph."""
