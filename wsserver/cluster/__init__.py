"""Recognition on other machines: what is said to it, by whom, and what answers."""
