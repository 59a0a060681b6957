"""Measure a checkpoint on fixed sets that are never trained on, and write its card.

`sets.CATALOG` names the sets, `folder` keeps them, `decode.Listener` hears them by stock Whisper,
`measures` count, `evaluate` does all of it, `table` and `card` tell people.
"""
