"""Wire languages: pure translations to and from the session's messages."""
