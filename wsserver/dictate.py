"""The command `wsserver dictate`: speak a file, or what a pipe brings, to a server.

Knows the client, sound files and the terminal; knows nothing of the server or of exit codes.
"""

import asyncio
import signal
import ssl
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from wsserver import messages
from wsserver.client import Blocks, Feeding, Pace, Refused, connect
from wsserver.dialects import native
from wsserver.errors import BadAudio
from wsserver.sound_file import SoundFile, live_blocks, open_raw, open_sound, to_s16le
from wsserver.speech import SAMPLE_RATE, Task
from wsserver.text.captions import to_srt, to_vtt

DEFAULT_URL = "ws://127.0.0.1:8765/v1/dictation"

_LAST_WORDS_S = 0.5
"""A recorder in the same pipeline gets the Ctrl-C as well, and then sends what it still has."""


Form: TypeAlias = Literal["text", "json", "srt", "vtt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was asked for on the command line."""

    source: str
    url: str
    token: str | None = field(repr=False)
    insecure: bool
    pace: Pace
    language: str | None
    prompt: str
    hotwords: tuple[str, ...]
    task: Task
    captioning: bool
    words: bool
    form: Form
    raw: bool

    @property
    def is_live(self) -> bool:
        """True if the audio comes at its own pace."""
        return self.raw and self.source == "-"

    def start(self, sample_rate: int) -> messages.Start:
        """Give the message that opens the session."""
        return messages.Start(
            sample_rate=sample_rate,
            language=self.language,
            task=self.task,
            prompt=self.prompt,
            hotwords=self.hotwords,
            words=self.words or self.form in ("srt", "vtt"),
            endpointing="captioning" if self.captioning else "dictation",
        )


@click.command()
@click.argument("source", metavar="FILE|-")
@click.option(
    "--url", default=DEFAULT_URL, envvar="WSSERVER_URL", show_default=True, show_envvar=True
)
@click.option(
    "--token", envvar="WSSERVER_TOKEN", show_envvar=True, help="Better in the environment."
)
@click.option("--insecure", is_flag=True, help="Accept a certificate that nobody vouches for.")
@click.option("--pace", type=click.Choice(["real", "fast"]), default="real", show_default=True)
@click.option("--language", help="An ISO 639-1 code; without it the language is detected.")
@click.option("--prompt", default="", help="Text in the style and with the names to expect.")
@click.option("--hotword", "hotwords", multiple=True, help="A word to expect; may be repeated.")
@click.option("--task", type=click.Choice(["transcribe", "translate"]), default="transcribe")
@click.option("--captioning", is_flag=True, help="Keep utterances short.")
@click.option("--words", is_flag=True, help="Ask for the words' times (seen with --json).")
@click.option("--json", "form", flag_value="json", help="Every message of the server, one a line.")
@click.option("--srt", "form", flag_value="srt", help="SubRip captions, at the end.")
@click.option("--vtt", "form", flag_value="vtt", help="WebVTT captions, at the end.")
@click.option("--raw", is_flag=True, help="FILE is s16le, 16 kHz, mono, without a header.")
def dictate(form: Form | None, **options: Any) -> None:
    """Send the sound file FILE to a server and write what was said.

    With - the file comes from standard input; with --raw it is heard while it comes, as in
    `arecord -t raw -f S16_LE -r 16000 | wsserver dictate --raw -`.  Ctrl-C ends the audio and
    waits for the last words; a second Ctrl-C does not wait.
    """
    run(Options(form=form or "text", **options))


@dataclass(frozen=True, slots=True)
class AudioSource:
    """Where the audio comes from."""

    blocks: Blocks
    """Mono, s16le."""

    sample_rate: int
    seconds: float | None = None
    """How long it is, if that is known."""


class Display:
    """What is seen of a session: lines on standard output, and on a terminal one that changes.

    At real pace that line is what is being heard, at fast pace how far the audio is final.
    """

    def __init__(self, options: Options, audio: AudioSource) -> None:
        self._form = options.form
        self._audio = audio
        self._shows_progress = options.pace == "fast" and not options.is_live
        self._finals: list[messages.Final] = []
        self._live = self._changing_line()

    def __enter__(self) -> "Display":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Clear the changing line and write the captions, even of a session that failed."""
        if self._live:
            self._live.stop()
        if self._form == "srt":
            click.echo(to_srt(self._finals), nl=False)
        elif self._form == "vtt":
            click.echo(to_vtt(self._finals), nl=False)

    def show(self, message: messages.ServerMessage) -> None:
        """Show a message of the server."""
        if self._form == "json":
            self._write(native.write_server(message))
        else:
            self._tell(message)
        if self._live and (text := self._changed(message)) is not None:
            self._live.update(text, refresh=True)

    def note(self, text: str) -> None:
        """Tell something beside what was said."""
        self._write(visible(text), err=True)

    def _tell(self, message: messages.ServerMessage) -> None:
        match message:
            case messages.Ready(generation=generation) if generation > 1:
                self.note("the connection broke; the session goes on in a new one")
            case messages.Ready(practice=True):
                self.note("the practice model listens: it knows about 1,200 words")
            case messages.Warn() | messages.Error():
                self.note(f"{message.code}: {message.message}")
            case messages.Final(reason="unrecognizable"):
                gap = f"{message.start:.1f} to {message.end:.1f} s"
                self.note(f"unrecognizable: what was said from {gap} is missing")
            case messages.Final() if self._form != "text":
                self._finals.append(message)
            case messages.Final() if message.text:
                self._write(visible(message.text))

    def _write(self, line: str, *, err: bool = False) -> None:
        """Write a line that stays, where the changing one was."""
        if self._live:
            self._live.update(Text(), refresh=True)
        click.echo(line, err=err)

    def _changing_line(self) -> Live | None:
        stream = sys.stderr if self._shows_progress else sys.stdout
        if not stream.isatty() or (self._form == "json" and not self._shows_progress):
            return None
        return Live(
            console=Console(stderr=self._shows_progress),
            auto_refresh=False,
            transient=True,
            # click takes the real streams whatever stands in their place.
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def _changed(self, message: messages.ServerMessage) -> Text | None:
        match message:
            case messages.Final() | messages.Ack() if self._shows_progress:
                length = f" of {self._audio.seconds:.0f}" if self._audio.seconds else ""
                return Text(f"{message.through / self._audio.sample_rate:.0f}{length} s are final")
            case messages.Partial() if not self._shows_progress:
                committed = visible(message.text[: message.committed])
                return Text(committed) + Text(visible(message.text[message.committed :]), "dim")
            case messages.Final():
                return Text()
        return None


def run(options: Options) -> None:
    """Do what was asked; raise a `DictationError`, or `KeyboardInterrupt` after a Ctrl-C."""
    with _open(options) as audio, Display(options, audio) as display:
        try:
            was_interrupted = asyncio.run(speak(options, audio, display))
        except asyncio.CancelledError:
            was_interrupted = True
        except Refused as refused:
            if refused.code != "no_token":
                raise
            advice = "found no token, expected one in WSSERVER_TOKEN or as --token"
            raise Refused(refused.status, refused.code, advice, refused.retry_after) from None
    if was_interrupted:
        raise KeyboardInterrupt


async def speak(options: Options, audio: AudioSource, display: Display) -> bool:
    """Run a session; say whether Ctrl-C cut it short."""
    start = options.start(audio.sample_rate)
    tls = _trust_everybody() if options.insecure else None
    pace: Pace = "fast" if options.is_live else options.pace
    async with (
        connect(options.url, options.token, start, tls) as dictation,
        dictation.feeding(audio.blocks, pace) as feed,
    ):
        interrupts = _Interrupts(feed, _LAST_WORDS_S if options.is_live else 0.0, display)
        with interrupts.caught():
            display.show(dictation.ready)
            async for message in dictation:
                display.show(message)
    return interrupts.count > 0


def visible(text: str) -> str:
    """Keep what a server says from steering the terminal or breaking the line."""
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)


class _Interrupts:
    """Ctrl-C: the first ends the audio, the second everything."""

    def __init__(self, feed: Feeding, delay_s: float, display: Display) -> None:
        self.count = 0
        self._feed, self._delay_s, self._display = feed, delay_s, display
        self._loop, self._whole = asyncio.get_running_loop(), asyncio.current_task()

    @contextmanager
    def caught(self) -> Iterator[None]:
        # Windows has no such handlers, and other threads than the main one get no Ctrl-C.
        with suppress(NotImplementedError, RuntimeError):
            self._loop.add_signal_handler(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            with suppress(NotImplementedError):
                self._loop.remove_signal_handler(signal.SIGINT)

    def _interrupt(self) -> None:
        self.count += 1
        if self.count == 1:
            self._display.note("the audio ends here; Ctrl-C again does not wait for the last words")
            self._loop.call_later(self._delay_s, self._feed.cancel)
        elif self._whole:
            self._whole.cancel()


def _trust_everybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def _open(options: Options) -> Iterator[AudioSource]:
    is_stdin, path = options.source == "-", Path(options.source)
    if is_stdin and sys.stdin.isatty():
        raise BadAudio("standard input is a terminal, expected a sound file or a pipe")
    if options.is_live:
        yield AudioSource(live_blocks(sys.stdin.fileno()), SAMPLE_RATE)
    elif options.raw:
        with open_raw(path) as blocks:
            yield AudioSource(blocks, SAMPLE_RATE)
    elif is_stdin:
        with open_sound(sys.stdin.buffer, "standard input") as sound:
            yield _source(sound)
    else:
        with open_sound(path) as sound:
            yield _source(sound)


def _source(sound: SoundFile) -> AudioSource:
    return AudioSource(map(to_s16le, sound.blocks()), sound.block_rate, sound.info.seconds)
