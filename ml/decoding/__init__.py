"""Decode pictures in a process of its own, under the operating system's limits of time and memory."""
