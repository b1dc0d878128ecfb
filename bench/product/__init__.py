"""Measure this product alone: how it grows, scales, starts and shares its workers."""
