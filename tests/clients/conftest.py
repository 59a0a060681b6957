"""The server in this process, as the end-to-end tests have it."""

from tests.end_to_end.conftest import run

__all__ = ["run"]
