"""Down the sound bank: bytes to samples, samples to utterances.  Pure."""
