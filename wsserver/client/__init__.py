"""Dictate to a server from Python: audio in, messages out.

    async with connect(url, token, Start(sample_rate=48_000)) as dictation:
        async with dictation.feeding(blocks, "real"):
            async for message in dictation:
                ...

Audio is kept until it is final; a connection that breaks is made anew, and the session goes on in
it as if nothing had happened.  Knows nothing of sound files or of the server's insides.
"""

from wsserver.client.dictation import Dictation, connect, transcribe
from wsserver.client.failures import ConnectionLost, Refused, SessionFailed
from wsserver.client.feed import Blocks, Feeding, Pace
from wsserver.client.line import Tls
from wsserver.client.reconnect import NEVER, Reconnect

__all__ = [
    "NEVER",
    "Blocks",
    "ConnectionLost",
    "Dictation",
    "Feeding",
    "Pace",
    "Reconnect",
    "Refused",
    "SessionFailed",
    "Tls",
    "connect",
    "transcribe",
]
