"""Voices that say a text and tell when each word and phone sounds.

`roster.voice(name)` gives any voice by its name: "en-us+f3" (espeak), "flite-slt",
"festival-kal_diphone", "digits-theo".  `roster.draw(engine, rng)` draws the name and manner of a
voice for training, `roster.HELD_OUT` names what is never trained on.  `phones.INVENTORY` are the
symbols that all voices share.
"""
