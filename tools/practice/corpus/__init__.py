"""Speech made ready for training: mel frames in one file, words and phones in another."""
