"""The doctor, against real servers with planted faults."""
