"""What a Realtime client may set in its session, in the shape of today and in that of the beta.

Knows fields and their values; knows nothing of events, audio or items.

The shapes are those of `openai.types.realtime` in github.com/openai/openai-python; the beta's are
those of its releases before 2.0.  What is asked for and not served is left out of what is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeVar

from annotated_types import Interval
from pydantic import BaseModel, ConfigDict, ValidationError

from wsserver.dialects.dialect import Model
from wsserver.dialects.fields import first_wrong
from wsserver.errors import BadMessage
from wsserver.messages import Profile, Start

LONGEST_PROMPT = 2_000
"""Characters of prompt and keywords that a session takes."""

SHORT_SILENCE_MS = 550
"""From here on a silence that is asked for is nearer to that of `dictation` (700 ms) than to that
of `captioning` (400 ms)."""

_ENCODINGS = {"audio/pcm": "s16le", "audio/pcmu": "mulaw", "audio/pcma": "alaw"}
_BETA_FORMATS = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}
_CODES = {"extra_forbidden": "unknown_parameter", "missing": "missing_required_parameter"}
_BETA_FIELDS = ("input_audio_format", "input_audio_transcription", "turn_detection")


class Objection(BadMessage):
    """Something in one event that is not served; the session goes on as it is."""

    def __init__(self, kind: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        """Told as `code`."""

        self.param = param


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Format(_Wish):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"] = "audio/pcm"
    rate: Annotated[int, Interval(ge=8_000, le=48_000)] | None = None


class _Transcription(_Wish):
    model: str | None = None
    language: str | None = None
    languages: tuple[str, ...] | None = None
    prompt: str | None = None
    keywords: tuple[str, ...] | None = None
    delay: str | None = None


class _NoiseReduction(_Wish):
    type: str | None = None
    strength: float | None = None


class _TurnDetection(_Wish):
    type: Literal["server_vad", "semantic_vad"] = "server_vad"
    silence_duration_ms: int | None = None
    eagerness: Literal["low", "medium", "high", "auto"] | None = None
    threshold: float | None = None
    prefix_padding_ms: int | None = None
    idle_timeout_ms: int | None = None
    create_response: bool | None = None
    interrupt_response: bool | None = None


class _Input(_Wish):
    format: _Format | None = None
    transcription: _Transcription | None = None
    noise_reduction: _NoiseReduction | None = None
    turn_detection: _TurnDetection | None = None


class _Audio(_Wish):
    input: _Input = _Input()


class _Session(_Wish):
    type: Literal["transcription"] = "transcription"
    audio: _Audio = _Audio()
    include: tuple[str, ...] | None = None


class _BetaSession(_Wish):
    type: Literal["transcription"] = "transcription"
    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"] | None = None
    input_audio_transcription: _Transcription | None = None
    input_audio_noise_reduction: _NoiseReduction | None = None
    turn_detection: _TurnDetection | None = None
    include: tuple[str, ...] | None = None

    @property
    def input(self) -> _Input:
        """Say the same as today."""
        told = self.model_fields_set
        fields: dict[str, object] = {}
        if "input_audio_format" in told:
            found = _BETA_FORMATS[self.input_audio_format or "pcm16"]
            fields["format"] = _Format.model_validate({"type": found})
        if "input_audio_transcription" in told:
            fields["transcription"] = self.input_audio_transcription
        if "turn_detection" in told:
            fields["turn_detection"] = self.turn_detection
        return _Input.model_validate(fields)


_Checked = TypeVar("_Checked", bound=_Wish)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a session is set."""

    format: str = "audio/pcm"
    rate: int = 24_000
    language: str | None = None
    prompt: str = ""
    keywords: tuple[str, ...] = ()
    by_voice: bool = True
    """True if voice activity ends items, False if the client does."""

    profile: Profile = "dictation"

    @property
    def sample_bytes(self) -> int:
        """Give the length of a sample."""
        return 2 if self.format == "audio/pcm" else 1

    def start(self) -> Start:
        """Give what opens such a session."""
        return Start(
            encoding=_ENCODINGS[self.format],
            sample_rate=self.rate,
            language=self.language,
            prompt=self.prompt,
            hotwords=self.keywords,
            endpointing=self.profile,
        )

    def shown(self, model: str) -> dict[str, object]:
        """Give it in the shape of today."""
        rate = {"rate": self.rate} if self.format == "audio/pcm" else {}
        shown = {
            "format": {"type": self.format, **rate},
            "noise_reduction": None,
            "transcription": self._transcription(model),
            "turn_detection": {"type": "server_vad"} if self.by_voice else None,
        }
        return {"type": "transcription", "audio": {"input": shown}, "include": None}

    def shown_as_beta(self, model: str) -> dict[str, object]:
        """Give it in the shape of the beta."""
        names = {name: beta for beta, name in _BETA_FORMATS.items()}
        return {
            "input_audio_format": names[self.format],
            "input_audio_noise_reduction": None,
            "input_audio_transcription": self._transcription(model),
            "turn_detection": {"type": "server_vad"} if self.by_voice else None,
            "include": None,
        }

    def _transcription(self, model: str) -> dict[str, object]:
        return {
            "model": model,
            "language": self.language,
            "prompt": self.prompt,
            "keywords": [*self.keywords],
        }


def is_beta(session: object) -> bool:
    """Tell whether *session*, of an update, has the beta's shape."""
    return isinstance(session, Mapping) and any(name in session for name in _BETA_FIELDS)


def updated(settings: Settings, session: object, model: Model) -> Settings:
    """Give *settings* with what *session* says; raise `Objection` for what is not served."""
    if is_beta(session):
        wish = _checked(_BetaSession, session).input
    else:
        wish = _checked(_Session, session).audio.input
    told = wish.model_fields_set
    if "format" in told:
        settings = _with_format(settings, wish.format or _Format())
    if "transcription" in told:
        settings = _with_transcription(settings, wish.transcription, model)
    if "turn_detection" in told:
        settings = _with_turns(settings, wish.turn_detection)
    return settings


def check_unchanged(before: Settings, after: Settings) -> None:
    """Raise `Objection` for what no session can change once it has heard something."""
    param = None
    if (before.format, before.rate) != (after.format, after.rate):
        param = "session.audio.input.format"
    elif before.profile != after.profile:
        param = "session.audio.input.turn_detection"
    elif before.start() != after.start():
        param = "session.audio.input.transcription"
    if param:
        raise Objection(
            "session_in_progress",
            "found a change behind the first audio, expected it before",
            param,
        )


def _with_format(settings: Settings, wish: _Format) -> Settings:
    if wish.type == "audio/pcm":
        return replace(settings, format=wish.type, rate=wish.rate or 24_000)
    if wish.rate not in (None, 8_000):
        param = "session.audio.input.format.rate"
        raise Objection("invalid_value", f"found {wish.rate} Hz of G.711, expected 8000", param)
    return replace(settings, format=wish.type, rate=8_000)


def _with_transcription(settings: Settings, wish: _Transcription | None, model: Model) -> Settings:
    if wish is None:
        return replace(settings, language=None, prompt="", keywords=())
    told = wish.model_fields_set
    if "language" in told or "languages" in told:
        (*others, language) = wish.languages or (None,)
        chosen = wish.language or (None if others else language)
        settings = replace(settings, language=_known(chosen, model))
    if "prompt" in told:
        settings = replace(settings, prompt=wish.prompt or "")
    if "keywords" in told:
        settings = replace(settings, keywords=wish.keywords or ())
    _check_length(settings)
    return settings


def _known(language: str | None, model: Model) -> str | None:
    """Give the code of *language*, without its region: Whisper knows none."""
    code = language and language.partition("-")[0].lower()
    if not code or code in model.languages:
        return code or None
    known = ", ".join(model.languages)
    param = "session.audio.input.transcription.language"
    message = f"found language {language!r:.20}, model {model.name} knows {known:.600}"
    raise Objection("invalid_value", message, param)


def _check_length(settings: Settings) -> None:
    keywords = ", ".join(settings.keywords)
    length = len(f"{keywords}. " if keywords else "") + len(settings.prompt)
    if length > LONGEST_PROMPT:
        param = "session.audio.input.transcription.prompt"
        expected = f"expected at most {LONGEST_PROMPT} with keywords"
        raise Objection(
            "invalid_value", f"found a prompt of {length} characters, {expected}", param
        )


def _with_turns(settings: Settings, wish: _TurnDetection | None) -> Settings:
    if wish is None:
        return replace(settings, by_voice=False)
    profile: Profile = settings.profile
    if wish.type == "semantic_vad":
        profile = "captioning" if wish.eagerness == "high" else "dictation"
    elif wish.silence_duration_ms is not None:
        is_short = wish.silence_duration_ms < SHORT_SILENCE_MS
        profile = "captioning" if is_short else "dictation"
    return replace(settings, by_voice=True, profile=profile)


def _checked(model: type[_Checked], session: object) -> _Checked:
    try:
        return model.model_validate(session)
    except ValidationError as error:
        wrong = first_wrong(error, "session")
        kind, param = _CODES.get(wrong.kind, "invalid_value"), wrong.where[:100]
        raise Objection(kind, f"{param}: {wrong.message}", param) from None
