"""Measurements: speed as a ratio, side by side in one run."""
