"""Windows to hypotheses: what goes when, and the process that hears it."""
