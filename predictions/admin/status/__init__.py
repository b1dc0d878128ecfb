"""The admin's status page: what the doctor finds, and the buttons that help."""
