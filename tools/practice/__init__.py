"""Make the practice model: synthesize speech, train, measure, export; `make practice` does it all.

The product knows nothing of this package, and does not need what it needs.
"""
