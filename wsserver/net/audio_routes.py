"""`/v1/audio` and `/v1/models`, as programs know them from OpenAI: a file in, its text out.

Knows HTTP and how a file is heard; knows neither the shape of an answer nor how captions are cut.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

from aiohttp import web

from wsserver.dialects import openai_audio as dialect
from wsserver.dialects.openai_form import BadField, Options, read_options
from wsserver.errors import BadAudio
from wsserver.messages import Done, Final
from wsserver.net.admission import Gate
from wsserver.net.ffmpeg import Ffmpeg
from wsserver.net.host import Host
from wsserver.net.middleware import TOKEN, presented_by
from wsserver.net.notes import Notes
from wsserver.net.refusal import Refused
from wsserver.net.text_events import send_events
from wsserver.net.uploads import upload
from wsserver.net.whole_file import Blocks, Heard, blocks, hearing, in_thread
from wsserver.sound_file import NoSoundFile, open_sound
from wsserver.speech import EngineInfo, Task

Writer: TypeAlias = Callable[[Iterable[Final]], str]
"""Writes finals as a caption file."""

_TYPES = {"text": "text/plain", "srt": "application/x-subrip", "vtt": "text/vtt"}


@dataclass(frozen=True, slots=True)
class AudioRoutes:
    """The routes."""

    host: Host
    gate: Gate
    body_limit_bytes: int
    info: Callable[[], EngineInfo]
    writers: Mapping[str, Writer]
    """For `srt` and `vtt`."""

    ffmpeg: Ffmpeg | None
    created: int = field(default_factory=lambda: int(time.time()))
    """What models tell of their making: when the server began."""

    def routes(self) -> list[web.RouteDef]:
        """Give them."""
        return [
            web.post("/v1/audio/transcriptions", self.transcribe),
            web.post("/v1/audio/translations", self.translate),
            web.get("/v1/models", self.list_models),
            web.get("/v1/models/{model:.+}", self.show_model),
        ]

    async def transcribe(self, request: web.Request) -> web.StreamResponse:
        """Answer with what is said in a file."""
        return await self._serve(request, "transcribe")

    async def translate(self, request: web.Request) -> web.StreamResponse:
        """Answer with what is said in a file, in English."""
        return await self._serve(request, "translate")

    async def list_models(self, request: web.Request) -> web.Response:
        """Name the model that hears, and the name that stands for it."""
        return web.json_response(dialect.models(self._models(request), self.created))

    async def show_model(self, request: web.Request) -> web.Response:
        """Tell of one of them."""
        name, known = request.match_info["model"], self._models(request)
        if name not in known:
            raise dialect.UnknownModel(f"found no model {name!r:.60}, expected {', '.join(known)}")
        return web.json_response(dialect.model(name, self.created))

    def _models(self, request: web.Request) -> list[str]:
        """Name them to those who may use them; a link for viewers tells nothing of them."""
        if TOKEN in request:  # else the configuration makes the route public
            self.gate.check_scope(presented_by(request), "speak")
        if hindrance := self.gate.hindrance():
            raise Refused(hindrance)
        return list(dict.fromkeys([self.info().model, dialect.ALIAS]))

    async def _serve(self, request: web.Request, task: Task) -> web.StreamResponse:
        """Hear a file, which takes a place as a dictation does and is let in by the same rules."""
        notes = Notes(self.host)
        with await self.gate.admit(presented_by(request)) as lease:
            async with upload(request, self.body_limit_bytes) as form:
                options = read_options(form.fields, task)
                if form.file is None:
                    raise BadField("file", "found none, expected a sound file")
                async with (
                    self._sound(form.file) as sound,
                    hearing(notes.host, lease, options.start, sound) as heard,
                ):
                    if options.streams:
                        return await send_events(request, heard)
                    transcript = await _transcript(heard, notes)
        return await in_thread(self._answer, transcript, options)

    @asynccontextmanager
    async def _sound(self, file: BinaryIO) -> AsyncIterator[Blocks]:
        with ExitStack() as stack:
            try:
                opening = open_sound(file, "the file")
                sound = blocks(await in_thread(stack.enter_context, opening))
            except NoSoundFile as error:
                if self.ffmpeg is None:
                    lacking = "mp4, m4a, webm and aac need ffmpeg, which this server does not have"
                    raise BadAudio(f"{error}; {lacking}") from None
                sound = self.ffmpeg.decode(file)
            yield sound

    def _answer(self, transcript: dialect.Transcript, options: Options) -> web.Response:
        if options.form in ("json", "verbose_json"):
            return web.json_response(dialect.answer(transcript, options))
        write = self.writers.get(options.form)
        text = write(transcript.finals) if write else f"{transcript.text}\n"
        return web.Response(text=text, content_type=_TYPES[options.form], charset="utf-8")


async def _transcript(heard: AsyncIterator[Heard], notes: Notes) -> dialect.Transcript:
    finals, seconds = [], 0.0
    async for item in heard:
        match item:
            case Final():
                finals.append(item)
            case Done(duration=duration):
                seconds = duration
    return dialect.Transcript(tuple(finals), seconds, notes.hypotheses)
