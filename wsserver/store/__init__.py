"""What is kept of a dictation: its finals in SQLite, its audio in FLAC; and how it is deleted."""
