"""The server in this process that the other end-to-end tests run, for attacks over real sockets."""

from tests.end_to_end.conftest import run

__all__ = ["run"]
