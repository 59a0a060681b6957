"""Real-time dictation: speech in over a WebSocket, words out while it is spoken."""

__version__ = "0.1.0"
