"""The headers of answers: what a browser may do with any, and what proxies may with streams.

Knows the web's security headers; knows no routes.
"""

import re

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")

EVENT_STREAM = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events back until they fill a page
}
"""Of server-sent events."""


def security_headers(host: str) -> dict[str, str]:
    """Give the headers for an answer to a request that was sent to *host*."""
    return {
        "Content-Security-Policy": _content_security_policy(host),
        # No window that others opened or were opened by, and nothing of ours in their pages.
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(self)",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _content_security_policy(host: str) -> str:
    # 'self' covers WebSockets of the same host only in browsers since 2022 (CSP level 3).
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"connect-src 'self'{sockets}",
            "img-src 'self' data:",
            # Files that somebody drops: the player tells how long they are.
            "media-src blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
