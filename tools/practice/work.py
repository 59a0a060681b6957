"""Where everything lies while a practice model is made, and what of it is done.

Knows names of files; knows nothing of what is in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

SHIPPED = Path(__file__).parents[2] / "wsserver" / "practice"
"""What the product takes the model from."""


@dataclass(frozen=True, slots=True)
class Work:
    """A folder in which a model is made; all of it can be made again."""

    folder: Path

    @property
    def corpora(self) -> Path:
        """Give the folder of what is trained on."""
        return self.folder / "corpora"

    @property
    def run(self) -> Path:
        """Give the folder of a training: its checkpoint, its model."""
        return self.folder / "run"

    @property
    def log(self) -> Path:
        """Give the file with a line for every hundred steps of the training."""
        return self.folder / "training.jsonl"

    @property
    def recipe(self) -> Path:
        """Give the file that says by which recipe the finished model was trained."""
        return self.folder / "recipe.json"

    @property
    def model(self) -> Path:
        """Give the file of the finished model; that of an unfinished one lies in `run`."""
        return self.folder / "practice.pt"

    @property
    def sets(self) -> Path:
        """Give the folder of what is evaluated on."""
        return self.folder / "sets"

    @property
    def report(self) -> Path:
        """Give the file of what an evaluation found."""
        return self.folder / "report.json"

    @property
    def card(self) -> Path:
        """Give the card of the finished model."""
        return self.folder / "CARD.md"


def unless_there(path: Path, make: Callable[[], None]) -> bool:
    """Make what is not there yet; say whether it had to be."""
    if path.exists():
        return False
    make()
    return True


def sha256(path: Path) -> str:
    """Give the digest that tells one file from all others."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
