"""The programs that docs/clients.md shows, so that they can be run."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"


def shown(info: str) -> str:
    """Give the one fenced block whose first line is *info*, as "python vosk"."""
    text = DOCUMENT.read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{info}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return str(block)
