"""Stock Whisper weights behind a batched decoder of our own."""
