"""Rooms in which others read along: what has been said there, and what each viewer still lacks."""
