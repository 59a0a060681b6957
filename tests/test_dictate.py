"""The command against a server that follows a script, in a thread beside it."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import click
import pytest
import soundfile
import trustme
from click.testing import CliRunner, Result
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from wsserver.client import ConnectionLost, Refused, SessionFailed
from wsserver.dialects import native
from wsserver.dictate import dictate
from wsserver.errors import BadAudio, ConfigError
from wsserver.messages import (
    Ack,
    Audio,
    ClientMessage,
    Done,
    Error,
    Final,
    Finish,
    Limits,
    Partial,
    Ready,
    ServerMessage,
    Start,
    TimedWord,
    Warn,
)

SAMPLES = Path(__file__).parent / "samples"
SPOKEN = SAMPLES / "en-us-my-uncle-sold.wav"
DONE = Done(duration=3.0, utterances=1)


def ready(practice: bool = False) -> Ready:
    return Ready(
        session="s1",
        model="fake",
        practice=practice,
        languages=("en",),
        encodings=("s16le",),
        sample_rates=(8000, 48000),
        limits=Limits(frame_bytes=1 << 20, idle_seconds=60.0, session_seconds=3600.0),
    )


def final(text: str, start: float = 0.0, reason: str | None = None) -> Final:
    return Final(
        utterance=0,
        text=text,
        start=start,
        end=start + 1.5,
        language="en",
        reason=reason,
        words=(TimedWord(text=f" {text}", start=start + 0.5, end=start + 1.0, probability=1.0),),
        through=32_000,
    )


class Peer:
    """The server's end of a session, which keeps what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[ClientMessage] = []
        self.socket: ServerConnection

    def receive(self) -> ClientMessage:
        self.received.append(native.read_client(self.socket.recv()))
        return self.received[-1]

    def receive_all(self) -> None:
        while not isinstance(self.receive(), Finish):
            pass

    def send(self, *messages: ServerMessage) -> None:
        for message in messages:
            self.socket.send(native.write_server(message))

    @property
    def start(self) -> ClientMessage:
        return self.received[0]

    @property
    def audio(self) -> bytes:
        return b"".join(message.data for message in self.received if isinstance(message, Audio))


Script: TypeAlias = Callable[[Peer], None]


@contextmanager
def running(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    peer = Peer()

    def handle(socket: ServerConnection) -> None:
        peer.socket = socket
        script(peer)

    protocols = [Subprotocol(native.SUBPROTOCOL)]
    with serve(handle, "127.0.0.1", 0, subprotocols=protocols, ssl=tls) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        peer.url = f"{'wss' if tls else 'ws'}://localhost:{port}/"
        yield peer
        server.shutdown()
        thread.join()


def answering(*answers: ServerMessage) -> Script:
    def script(peer: Peer) -> None:
        peer.receive()
        peer.send(ready())
        peer.receive_all()
        peer.send(*answers)

    return script


def invoke(peer: Peer, *arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(
        dictate,
        ["--url", peer.url, "--pace", "fast", *arguments],
        input=stdin,
        env={"WSSERVER_TOKEN": "secret"},
        standalone_mode=False,
    )


def test_what_was_said_is_written_one_final_a_line() -> None:
    silent = final("", reason="no_speech")
    partial = Partial(utterance=0, text="My", committed=0, start=0.0, end=1.0, lag=0.0)
    script = answering(partial, final("My uncle\x1b[2J\nsold"), silent, final("his house."), DONE)

    with running(script) as peer:
        result = invoke(peer, str(SPOKEN))

    assert result.exception is None
    assert result.stdout == "My uncle [2J sold\nhis house.\n"
    assert result.stderr == ""


def test_the_audio_is_sent_as_it_is_in_the_file() -> None:
    with running(answering(DONE)) as peer:
        result = invoke(peer, str(SPOKEN))

    assert result.exception is None
    assert peer.socket.request is not None
    assert peer.socket.request.headers["Authorization"] == "Bearer secret"
    assert peer.audio == soundfile.read(SPOKEN, dtype="int16")[0].astype("<i2").tobytes()


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        ([], Start()),
        (["--language", "de", "--prompt", "Guten Tag."], Start(language="de", prompt="Guten Tag.")),
        (["--hotword", "Vologda", "--hotword", "Onega"], Start(hotwords=("Vologda", "Onega"))),
        (
            ["--task", "translate", "--captioning"],
            Start(task="translate", endpointing="captioning"),
        ),
        (["--words"], Start(words=True)),
        (["--srt"], Start(words=True)),
        (["--vtt"], Start(words=True)),
    ],
)
def test_the_options_open_the_session(arguments: list[str], start: Start) -> None:
    with running(answering(DONE)) as peer:
        result = invoke(peer, *arguments, str(SPOKEN))

    assert result.exception is None
    assert peer.start == start


@pytest.mark.parametrize(
    ("name", "rate"), [("flite-rms-long-8k-mulaw.wav", 8000), ("en-us-long-48k-stereo.flac", 48000)]
)
def test_the_rate_is_that_of_the_file(name: str, rate: int) -> None:
    with running(answering(DONE)) as peer:
        result = invoke(peer, str(SAMPLES / name))

    assert result.exception is None
    assert peer.start == Start(sample_rate=rate)


def test_every_message_is_a_line_of_json() -> None:
    heard: list[ServerMessage] = [Warn(code="odd", message="well"), Ack(through=3), DONE]

    with running(answering(*heard)) as peer:
        result = invoke(peer, "--json", str(SPOKEN))

    assert result.stdout.splitlines() == [native.write_server(each) for each in [ready(), *heard]]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("--srt", "1\n00:00:00,500 --> 00:00:01,333\nA\n\n2\n00:00:09,500 --> 00:00:10,333\nB\n"),
        (
            "--vtt",
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.333\nA\n\n00:00:09.500 --> 00:00:10.333\nB\n",
        ),
    ],
)
def test_captions_are_written_at_the_end(form: str, expected: str) -> None:
    with running(answering(final("A"), final("B", 9.0), DONE)) as peer:
        result = invoke(peer, form, str(SPOKEN))

    assert result.stdout == expected


def test_warnings_and_the_practice_model_are_told_beside_the_words() -> None:
    def script(peer: Peer) -> None:
        peer.receive()
        peer.send(ready(practice=True))
        peer.receive_all()
        peer.send(Warn(code="non_finite_audio", message="3 samples"), final("So."), DONE)

    with running(script) as peer:
        result = invoke(peer, str(SPOKEN))

    assert result.stdout == "So.\n"
    assert result.stderr.splitlines() == [
        "the practice model listens: it knows about 1,200 words",
        "non_finite_audio: 3 samples",
    ]


@pytest.mark.parametrize("form", [[], ["--srt"]])
def test_what_no_engine_can_decode_is_told_beside_the_words(form: list[str]) -> None:
    lost = final("", 2.0, reason="unrecognizable")

    with running(answering(final("A"), lost, DONE)) as peer:
        result = invoke(peer, *form, str(SPOKEN))

    assert result.stderr == "unrecognizable: what was said from 2.0 to 3.5 s is missing\n"


def test_a_connection_that_breaks_costs_no_words() -> None:
    def script(peer: Peer) -> None:
        again = isinstance(start := peer.receive(), Start) and start.resume == "wsc_1"
        peer.send(replace(ready(), generation=1 + again, cursor="wsc_1"))
        peer.receive_all()
        if again:
            peer.send(final("All of it."), DONE)
        else:
            peer.socket.socket.shutdown(socket.SHUT_RDWR)

    with running(script) as peer:
        result = invoke(peer, str(SPOKEN))

    assert result.stdout == "All of it.\n"
    assert result.stderr == "the connection broke; the session goes on in a new one\n"


def test_a_sound_file_comes_from_standard_input() -> None:
    with running(answering(DONE)) as peer:
        result = invoke(peer, "-", stdin=SPOKEN.read_bytes())

    assert result.exception is None
    assert peer.audio == soundfile.read(SPOKEN, dtype="int16")[0].astype("<i2").tobytes()


def test_raw_samples_are_sent_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "talk.raw"
    path.write_bytes(bytes(range(200)) * 30)

    with running(answering(DONE)) as peer:
        result = invoke(peer, "--raw", str(path))

    assert result.exception is None
    assert peer.audio == path.read_bytes()


def test_a_cut_file_is_dictated_as_far_as_it_goes_before_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(SPOKEN.read_bytes()[:50_000])

    with running(answering(final("My uncle."), DONE)) as peer:
        result = invoke(peer, str(path))

    assert result.stdout == "My uncle.\n"
    assert isinstance(result.exception, BadAudio)
    assert len(peer.audio) == 50_000 - 44


@pytest.mark.parametrize("arguments", [["nowhere.wav"], ["--raw", "nowhere.raw"]])
def test_a_file_that_cannot_be_read_never_reaches_the_server(arguments: list[str]) -> None:
    with running(answering(DONE)) as peer:
        result = invoke(peer, *arguments)

    assert isinstance(result.exception, BadAudio)
    assert peer.received == []


def test_the_captions_of_a_session_that_failed_are_written_all_the_same() -> None:
    error = Error(code="engine_error", message="the model broke", fatal=True)

    with running(answering(final("One."), error)) as peer:
        result = invoke(peer, "--vtt", str(SPOKEN))

    assert isinstance(result.exception, SessionFailed)
    assert result.stdout == "WEBVTT\n\n00:00:00.500 --> 00:00:01.333\nOne.\n"


def test_nobody_at_the_address_is_told() -> None:
    with running(answering(DONE)) as peer:
        pass

    result = invoke(peer, str(SPOKEN))

    assert isinstance(result.exception, ConnectionLost)


def test_who_has_no_token_is_told_where_to_put_one() -> None:
    def refuse(socket: ServerConnection, _: Request) -> Response:
        return socket.respond(401, '{"code": "no_token", "message": "expected a header"}')

    with serve(lambda _: None, "127.0.0.1", 0, process_request=refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        peer = Peer()
        peer.url = f"ws://localhost:{server.socket.getsockname()[1]}/"
        result = invoke(peer, str(SPOKEN))
        server.shutdown()
        thread.join()

    assert isinstance(result.exception, Refused)
    assert "WSSERVER_TOKEN or as --token" in str(result.exception)
    assert "header" not in str(result.exception)


def test_a_wrong_url_is_told() -> None:
    peer = Peer()
    peer.url = "https://localhost/"

    result = invoke(peer, str(SPOKEN))

    assert isinstance(result.exception, ConfigError)


def test_a_certificate_that_nobody_vouches_for_must_be_accepted_explicitly() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    with running(answering(DONE), context) as peer:
        refused = invoke(peer, str(SPOKEN))
        accepted = invoke(peer, "--insecure", str(SPOKEN))

    assert isinstance(refused.exception, ConnectionLost)
    assert accepted.exception is None


def interrupting(peer: Peer) -> None:
    peer.receive()
    peer.send(ready())
    peer.receive()
    os.kill(os.getpid(), signal.SIGINT)
    peer.receive_all()


def test_ctrl_c_ends_the_audio_and_waits_for_the_last_words() -> None:
    def script(peer: Peer) -> None:
        interrupting(peer)
        peer.send(final("My"), DONE)

    with running(script) as peer:
        result = invoke(peer, "--pace", "real", str(SAMPLES / "en-us-long-48k-stereo.flac"))

    assert isinstance(result.exception, click.Abort)
    assert result.stdout == "My\n"
    assert result.stderr.startswith("the audio ends here; Ctrl-C again does not wait")
    assert len(peer.audio) < 48_000 * 2 * 20


def test_a_second_ctrl_c_does_not_wait() -> None:
    def script(peer: Peer) -> None:
        interrupting(peer)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in peer.socket:
            pass

    with running(script) as peer:
        result = invoke(peer, "--pace", "real", str(SAMPLES / "en-us-long-48k-stereo.flac"))

    assert isinstance(result.exception, click.Abort)
    assert result.stdout == ""


COMMAND = [sys.executable, "-c", "from wsserver.dictate import dictate; dictate()"]


def test_ctrl_c_does_not_wait_for_a_pipe_that_stays_open() -> None:
    heard = threading.Event()

    def script(peer: Peer) -> None:
        peer.receive()
        peer.send(ready())
        peer.receive()
        heard.set()
        peer.receive_all()
        peer.send(final("My"), DONE)

    with running(script) as peer:
        command = [*COMMAND, "--url", peer.url, "--raw", "-"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(bytes(3200))
            process.stdin.flush()
            heard.wait()
            process.send_signal(signal.SIGINT)
            said = process.stdout.read()
            process.stdin.close()

    assert said == b"My\n"
    assert peer.audio == bytes(3200)


def test_a_terminal_is_no_sound_file() -> None:
    ours, theirs = os.openpty()

    process = subprocess.run([*COMMAND, "-"], stdin=theirs, capture_output=True, check=False)

    os.close(ours)
    os.close(theirs)
    assert b"BadAudio: standard input is a terminal, expected a sound file" in process.stderr


def on_a_terminal(peer: Peer, *arguments: str, stdin: bytes) -> str:
    """Run the command in a process of its own on a terminal; give what the terminal got."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "--url", peer.url, *arguments],
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"},
    ) as process:
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        seen = b""
        # Linux says EIO at the end of a terminal.
        try:
            while some := os.read(ours, 4096):
                seen += some
        except OSError:
            pass
    os.close(ours)
    assert process.returncode == 0, seen
    return seen.decode()


def test_on_a_terminal_a_line_shows_what_is_being_heard() -> None:
    partial = Partial(utterance=0, text="My uncle solved", committed=8, start=0.0, end=1.0, lag=0.1)
    script = answering(partial, final("My uncle sold."), DONE)

    with running(script) as peer:
        seen = on_a_terminal(peer, "--raw", "-", stdin=bytes(6400))

    assert peer.audio == bytes(6400)
    assert "My uncle\x1b[2m solved" in seen
    assert "My uncle sold.\r\n" in seen
    assert seen.index(" solved") < seen.index(" sold.")
    before_the_final = seen[seen.index(" solved") : seen.index("My uncle sold.")]
    assert "\r\x1b[2K" in before_the_final  # the line it takes the place of is erased


def test_on_a_terminal_a_line_shows_how_far_a_fast_dictation_is() -> None:
    script = answering(Ack(through=16_000), final("My uncle sold."), DONE)

    with running(script) as peer:
        seen = on_a_terminal(peer, "--pace", "fast", "-", stdin=SPOKEN.read_bytes())

    assert "1 of 3 s are final" in seen
    assert "2 of 3 s are final" in seen
    assert "My uncle sold.\r\n" in seen
