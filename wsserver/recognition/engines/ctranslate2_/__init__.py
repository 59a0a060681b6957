"""Models in faster-whisper's format, on CTranslate2."""
