"""Up the word bank: hypotheses to words that stand.  Pure."""
