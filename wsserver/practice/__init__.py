"""The small model that is shipped for first runs and tests, with its card."""
