"""Build the gate, and all that the server's key vouches for: signed tokens, cursors, room ids.

Knows what is joined to what; knows nothing of how any of it works.
"""

import time
from dataclasses import replace

from wsserver.config import Config
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.cursors import Cursors
from wsserver.net.keys import ServerKey
from wsserver.net.lines import Lines
from wsserver.net.room_ids import PURPOSE as ROOMS
from wsserver.net.room_ids import RoomIds
from wsserver.net.signed_tokens import PURPOSE as TOKENS
from wsserver.net.signed_tokens import SignedTokens


def build_lines(config: Config, key: ServerKey) -> Lines:
    """Give what sessions hang on that are resumed by cursors."""
    return Lines(Cursors(key.derive("cursors"), config.sessions.resume_seconds, time.time))


def build_room_ids(key: ServerKey) -> RoomIds:
    """Give what makes rooms' ids and knows them again."""
    return RoomIds(key.derive(ROOMS))


def build_signed_tokens(config: Config, key: ServerKey) -> SignedTokens:
    """Give what signs tokens and reads signed ones."""
    settings = config.server.admission.signed_tokens
    longest, longest_view = settings.longest_seconds, config.rooms.longest_seconds
    keys = settings.public_keys
    return SignedTokens(key.derive(TOKENS), keys, longest, time.time, longest_view)


def build_gate(config: Config, conditions: Conditions, lines: Lines, signed: SignedTokens) -> Gate:
    """Give the gate, which knows the tokens of *config* and the insider's."""
    admission, insider = config.server.admission, conditions.insider
    tokens = (*admission.tokens, insider) if insider else admission.tokens
    return Gate(replace(admission, tokens=tokens), conditions, time.time, lines, signed)
