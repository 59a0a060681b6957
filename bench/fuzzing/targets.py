"""What is fuzzed: for each target how its input is made and what must hold of what comes of it.

Knows the pure parts of the server and of its client; knows no sockets and no processes.

`run` takes any bytes.  It passes what the code may raise for a peer's fault, and lets everything
else through: that is a finding.
"""

import io
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random

import numpy as np

from bench.fuzzing import dialog, grammar
from bench.fuzzing.mutation import mutate
from wsserver import messages
from wsserver.audio.pcm import Encoding, Format, decode
from wsserver.dialects import native
from wsserver.errors import BadAudio, BadCursor, BadMessage, ClientError, UnsupportedFormat
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Malformed, Presented, plain_token, read
from wsserver.net.cursors import Cursors
from wsserver.net.head import Wish, wish
from wsserver.net.refusal import Refusal
from wsserver.net.settings import AdmissionSettings
from wsserver.net.tokens import Token, hash_token
from wsserver.sound_file import open_sound, to_s16le

HEAD_LIMIT = 2_048
_MOST_BLOCKS = 50
_NO_SECRET = 24
"""Characters; what is shorter may stand in a message by chance."""


@dataclass(frozen=True, slots=True)
class Target:
    """A part of the server that takes bytes from strangers."""

    name: str
    share: float
    """Of all inputs."""

    make: Callable[[Random], bytes]
    run: Callable[[bytes], None]


def _mutated(valid: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    def make(chance: Random) -> bytes:
        data = valid(chance)
        return mutate(chance, data, [valid(chance)] if chance.random() < 0.1 else ())

    return make


def _run_client_frame(data: bytes) -> None:
    try:
        text = data.decode()
        message = native.read_client(text)
    except UnicodeDecodeError:
        return  # the socket closes with 1007 before a dialect sees it
    except BadMessage as error:
        str(error).encode()  # it goes onto the wire
        return
    assert not isinstance(message, messages.Audio)
    assert native.read_client(native.write_client(message)) == message


def _run_server_frame(data: bytes) -> None:
    try:
        message = native.read_server(data.decode())
    except (UnicodeDecodeError, BadMessage):
        return
    native.write_server(message)


def _make_audio(chance: Random) -> bytes:
    """Give a byte for the format, then samples: noise, extremes or what is no number."""
    count = chance.choice((0, 1, 2, 3, 7, 64, 999))
    special = np.array([np.nan, np.inf, -np.inf, 0, 1, -1, 3e38, 1e-45], "<f4").tobytes()
    samples = chance.choice(
        (chance.randbytes(count), special * chance.randrange(9), b"\xff" * count)
    )
    return chance.randbytes(1) + mutate(chance, samples)


def _run_audio(data: bytes) -> None:
    number, samples = (data[0] if data else 0), data[1:]
    encodings = (*Encoding, "mp3")
    channels, encoding = number >> 4 & 3, encodings[number % len(encodings)]
    try:
        audio_format = Format.of(encoding, 16_000, channels)
        decoded = decode(samples, audio_format)
    except (BadAudio, UnsupportedFormat):
        return
    assert len(decoded.samples) == len(samples) // audio_format.sample_bytes
    assert decoded.samples.dtype == np.float32
    assert np.isfinite(decoded.samples).all()
    assert (np.abs(decoded.samples) <= 1).all()


def _run_head(data: bytes) -> None:
    """Judge a head as the front door and the gate do: nobody gets in without a token."""
    decision = wish(data, HEAD_LIMIT)
    for cut in {len(data) // 3, len(data) // 2, len(data) - 1} - {-1, 0}:
        early = wish(data[:cut], HEAD_LIMIT)
        assert early in (decision, Wish.UNKNOWN), "a decision was taken back"
    lines = data.decode("utf-8", "surrogateescape").split("\r\n\r\n")[0].split("\r\n")
    _, _, rest = lines[0].partition(" ")
    fields = (line.partition(":") for line in lines[1:])
    presented = read([(name, value) for name, _, value in fields], rest.partition(" ")[0])
    for token_in_url in (False, True):
        try:
            plain_token(presented, token_in_url=token_in_url)
        except Malformed as error:
            _check_hidden(grammar.TOKEN, error)
    if _judged(presented) is None:
        assert any(secret in data for secret in _SECRETS), "let in without a token"


_ENCODED = urlsafe_b64encode(grammar.TOKEN.encode()).rstrip(b"=")
_SECRETS = (grammar.TOKEN.encode(), _ENCODED[:-1])
"""In its last character a base64url may have bits that say nothing."""


def _judged(presented: Presented) -> Refusal | None:
    try:
        _gate().judge(presented).send(None)
    except StopIteration as answer:
        refusal: Refusal | None = answer.value
        return refusal
    raise AssertionError("a gate without others has to wait")


@cache
def _gate() -> Gate:
    token = Token(name="ann", hash=hash_token(grammar.TOKEN))
    return Gate(AdmissionSettings(tokens=(token,)), Conditions(), lambda: grammar.NOW)


def _check_hidden(secret: str, error: Exception) -> None:
    assert len(secret) < _NO_SECRET or secret not in str(error), "a secret in an error"


def _run_cursor(data: bytes) -> None:
    """Open a cursor: what opens is one of ours, unexpired, and no error shows it."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        claim = _cursors().open(text)
    except BadCursor as error:
        _check_hidden(text, error)
        return
    assert claim in grammar.CLAIMS
    assert claim.expires > grammar.NOW


@cache
def _cursors() -> Cursors:
    return Cursors(grammar.KEY, 3_600, lambda: grammar.NOW)


@cache
def _sound_files() -> Sequence[bytes]:
    """Give a short file of every kind that is taken."""
    import soundfile

    samples, files = np.sin(np.arange(2_000) * 0.2) * 0.3, []
    for kind, subtype in (
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("WAV", "ULAW"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("MP3", None),
    ):
        file = io.BytesIO()
        soundfile.write(file, samples, 16_000, format=kind, subtype=subtype)
        files.append(file.getvalue())
    return files


def _make_file(chance: Random) -> bytes:
    return mutate(chance, chance.choice(_sound_files()))


def _run_file(data: bytes) -> None:
    try:
        # A file of floats may hold what is no number; a session takes it for silence.
        with np.errstate(all="ignore"), open_sound(io.BytesIO(data), "the body") as sound:
            for block in islice(sound.blocks(), _MOST_BLOCKS):
                assert len(to_s16le(block)) == 2 * len(block)
    except ClientError as error:
        str(error).encode()


TARGETS = (
    Target("client frames", 0.20, _mutated(grammar.client_frame), _run_client_frame),
    Target("server frames", 0.12, _mutated(grammar.server_frame), _run_server_frame),
    Target("audio", 0.20, _make_audio, _run_audio),
    Target("heads", 0.14, _mutated(grammar.request_head), _run_head),
    Target("cursors", 0.17, _mutated(grammar.cursor_text), _run_cursor),
    Target("sound files", 0.05, _make_file, _run_file),
    Target("dialogs", 0.12, dialog.make, dialog.run),
)


def target_named(name: str) -> Target:
    """Give the target of this *name*; raise `KeyError` if there is none."""
    return {target.name: target for target in TARGETS}[name]
