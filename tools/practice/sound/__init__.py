"""What happens to speech between mouth and model: rooms, noises, lines, codecs, levels.

All functions take samples and a numpy generator and give as many samples, in step with the old:
times of words stay right.  `noise.KINDS` also serve alone, as windows without speech.
"""
