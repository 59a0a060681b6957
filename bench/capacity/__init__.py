"""Capacity on paper: how many streams so many replicas carry, simulated from measured costs."""
