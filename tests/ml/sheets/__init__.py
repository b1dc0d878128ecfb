"""Tests of ml.sheets."""
