"""From what the configuration calls a model to a folder in faster-whisper's format.

Knows nothing of engines.  Only the names that faster-whisper knows are ever looked for elsewhere.
"""

import logging
from pathlib import Path

import faster_whisper

from wsserver.errors import ModelError

logger = logging.getLogger(__name__)

PREFERRED = "base"
"""The published model that `auto` takes."""

FILES = ("model.bin", "config.json", "tokenizer.json")
"""What a folder must hold, beside a vocabulary."""


def find(model: str) -> Path:
    """Find the folder of *model*: `auto`, a name that faster-whisper knows, or a path.

    Downloads a published model that is not in the cache.

    Raises:
        ModelError: it is not to be had; the message says what to do.
    """
    name = PREFERRED if model == "auto" else model
    folder = _published(name) if name in faster_whisper.available_models() else _at_path(model)
    missing = [file for file in FILES if not (folder / file).is_file()]
    if missing:
        raise ModelError(
            f"model {folder} has no {', '.join(missing)}; expected a folder in faster-whisper's "
            f"format, with {', '.join(FILES)} and a vocabulary"
        )
    return folder


def name_of(model: str, folder: Path) -> str:
    """Give the name for people of the *model* that was found in *folder*."""
    if model == "auto":
        return PREFERRED
    return model if model in faster_whisper.available_models() else folder.name


def _published(name: str) -> Path:
    try:
        return Path(faster_whisper.download_model(name, local_files_only=True))
    except OSError:
        logger.info("downloading faster-whisper's model %s", name)
    try:
        return Path(faster_whisper.download_model(name))
    except (OSError, RuntimeError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), "")[:200]
        raise ModelError(
            f"model {name} is not in the cache and cannot be fetched: {type(error).__name__}: "
            f"{reason}; configure the path of a folder in faster-whisper's format"
        ) from error


def _at_path(model: str) -> Path:
    path = Path(model).expanduser().absolute()
    if path.is_dir():
        return path
    if path.is_file():
        raise ModelError(
            f"model {path} is a file; expected a folder in faster-whisper's format "
            "(a checkpoint of openai-whisper wants engine.kind: whisper)"
        )
    names = ", ".join(("auto", *faster_whisper.available_models()))
    raise ModelError(f"model {model!r} is neither an existing folder nor one of {names}")
