"""Measure a checkpoint on fixed sets that are never trained on, and write its card.

`catalog.CATALOG` names the sets, `sets` makes and `folder` keeps them, `listener.Listener` hears
them by stock Whisper, `measures` count, `evaluate` does all of it, `table` and `card` tell people.
"""
