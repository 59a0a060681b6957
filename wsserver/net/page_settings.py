"""What the page is told of the config: the commands that people may speak.

Knows nothing of where it is served; whoever reads `config.yaml` fills it in.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal

from annotated_types import MinLen

from wsserver.net.pages import Page

NAME = "settings.json"

Action = Literal["new_line", "new_paragraph", "scratch_that", "undo", "stop_dictation"]
"""`scratch_that` takes the last utterance out; `undo` takes the last step back, typed or spoken."""

Text = Annotated[str, MinLen(1)]

COMMANDS: Mapping[str, Mapping[str, Action]] = {
    "en": {
        "new line": "new_line",
        "new paragraph": "new_paragraph",
        "scratch that": "scratch_that",
        "undo that": "undo",
        "stop dictation": "stop_dictation",
    },
    "de": {
        "neue Zeile": "new_line",
        "neuer Absatz": "new_paragraph",
        "streich das": "scratch_that",
        "mach das rückgängig": "undo",
        "Diktat beenden": "stop_dictation",
    },
    "fr": {
        "à la ligne": "new_line",
        "nouvelle ligne": "new_line",
        "nouveau paragraphe": "new_paragraph",
        "efface ça": "scratch_that",
        "annule ça": "undo",
        "arrête la dictée": "stop_dictation",
    },
    "es": {
        "nueva línea": "new_line",
        "nuevo párrafo": "new_paragraph",
        "borra eso": "scratch_that",
        "deshaz eso": "undo",
        "detén el dictado": "stop_dictation",
    },
    "it": {
        "a capo": "new_line",
        "nuova riga": "new_line",
        "nuovo paragrafo": "new_paragraph",
        "cancella questo": "scratch_that",
        "annulla questo": "undo",
        "termina dettatura": "stop_dictation",
    },
    "pt": {
        "nova linha": "new_line",
        "novo parágrafo": "new_paragraph",
        "apaga isso": "scratch_that",
        "desfaz isso": "undo",
        "parar ditado": "stop_dictation",
    },
    "nl": {
        "nieuwe regel": "new_line",
        "nieuwe alinea": "new_paragraph",
        "schrap dat": "scratch_that",
        "maak dat ongedaan": "undo",
        "stop met dicteren": "stop_dictation",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """What the page is told."""

    commands: Mapping[Text, Mapping[Text, Action]] = field(default_factory=lambda: COMMANDS)
    """By ISO 639-1 language and phrase; without any, all that is said is text."""


def settings_page(settings: PageSettings) -> Page:
    """Give *settings* as a file for the page; they are no secret."""
    content = json.dumps(asdict(settings), ensure_ascii=False).encode()
    return Page(content, "application/json", hashlib.sha256(content).hexdigest()[:32])
