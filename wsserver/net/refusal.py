"""What somebody is told who is not let in: one value for the upgrade, for HTTP and for the page.

Knows status codes and headers; knows no socket and no HTTP library.
"""

from dataclasses import dataclass
from typing import NoReturn

from wsserver.errors import ClientError

REALM = "wsserver"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, in words and for programs."""

    status: int
    """The HTTP status of the answer."""

    code: str
    message: str
    retry_after: int | None = None
    """Seconds after which another try makes sense."""

    def as_json(self) -> dict[str, object]:
        """Give the body of the answer."""
        body = {
            "admitted": False,
            "status": self.status,
            "code": self.code,
            "message": self.message,
        }
        return body if self.retry_after is None else {**body, "retry_after": self.retry_after}

    def headers(self) -> dict[str, str]:
        """Give the headers that belong to the status (RFC 9110, sections 10.2.3 and 11.6.1)."""
        headers = {"Cache-Control": "no-store"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if self.status == 401:
            headers["WWW-Authenticate"] = f'Bearer realm="{REALM}"'
        return headers


class Refused(ClientError):
    """The server does not let a request in."""

    code = "refused"
    status = 403

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refuse(status: int, code: str, message: str, retry_after: int | None = None) -> NoReturn:
    """Raise `Refused`."""
    raise Refused(Refusal(status, code, message, retry_after))
