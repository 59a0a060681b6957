"""What can go wrong between a client and its server.

Knows no sockets.
"""

from wsserver.errors import DictationError


class Refused(DictationError):
    """The server did not open a session; it may say in how many seconds to try again."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None) -> None:
        super().__init__(f"refused with {status} ({code}): {message}")
        self.status = status  # type: ignore[misc]  # the server's word, not this class's
        self.code = code  # type: ignore[misc]
        self.message = message
        self.retry_after = retry_after


class SessionFailed(DictationError):
    """The server ended the session with a fatal error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"the session failed ({code}): {message}")
        self.code = code  # type: ignore[misc]  # the server's word, not this class's
        self.message = message


class ConnectionLost(DictationError):
    """The server could not be reached, or was gone before `done`."""

    code = "connection_lost"


class Unanswered(ConnectionLost):
    """The server may have opened a session, but its word of it did not come."""
