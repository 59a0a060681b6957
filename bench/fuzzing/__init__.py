"""Hostile input for the pure parts: how it is made, and what must hold of whatever comes of it."""
