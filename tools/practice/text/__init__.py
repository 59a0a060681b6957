"""English of a closed vocabulary, written as Whisper writes.

`vocabulary.WORDS` are all words there are, in lower case; `vocabulary.plain(written)` gives the
word in "Hello," and `vocabulary.unknown(text)` what a text has beyond them.
`collected.training()` and `collected.held_out()` are sentences written by hand; the second serve
evaluation alone.  `writer.sentence(rng)` and `writer.passage(rng, sentences)` write for training.
"""
