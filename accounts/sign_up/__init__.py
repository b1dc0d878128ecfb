"""Who may sign up: by setting, and by invitation."""
