"""Train the practice model on corpora and export it as a checkpoint of openai-whisper's format.

`loop.train(corpora, out, settings)` does it all and goes on where it was interrupted; what a batch
holds depends on the seed and the step alone, so that a resumed training is the same training.
"""
