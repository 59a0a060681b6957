"""Every error this project raises on purpose, as one tree.

    DictationError
    ├── OperatorError            who runs the server: told in one line, exit code 2
    │   ├── ConfigError          a key of config.yaml or the environment
    │   └── ModelError           a model that cannot be loaded
    ├── BrokerAway               what gateways share is not to be had now; told to nobody outside
    ├── ClientError              who speaks to the server: told on the wire
    │   ├── BadMessage           not JSON, not an object, unknown type, wrong field
    │   ├── BadOrder             a known message at the wrong time
    │   ├── BadAudio             bytes that are no audio of the declared format
    │   ├── UnsupportedFormat    an encoding, rate, channel count or language we do not take
    │   ├── BadCursor            a cursor that cannot be opened here, or not any more
    │   ├── TakenOver            the session goes on in a newer connection
    │   ├── UnknownRoom          a room that is not the speaker's own
    │   ├── TooLarge             a frame, message or body above its limit
    │   └── LimitReached         idle, session length, audio quota
    └── ServerError              we are at fault: told on the wire, logged with its cause
        ├── EngineError          the engine raised or gave a wrong number of results
        ├── EngineLost           the engine process died or hung; its windows may be retried
        │   └── EngineUnavailable    no engine took the windows; it is no fault of theirs
        ├── Overloaded           no room for more
        └── ShuttingDown         the server is going away; what was said is finalized first

Each class that reaches the wire carries its *code* (for programs), its WebSocket *close_code*
(RFC 6455, section 7.4.1, and the IANA registry) and its HTTP *status*.
"""

from typing import ClassVar


class DictationError(Exception):
    """The root; never raised itself."""

    code: ClassVar[str] = "error"
    close_code: ClassVar[int] = 1011
    status: ClassVar[int] = 500


class OperatorError(DictationError):
    """Something only the person who runs the server can mend."""

    code = "operator_error"


class ConfigError(OperatorError):
    """A key of the configuration is unknown or has a wrong value; the message names its path."""

    code = "bad_config"


class ModelError(OperatorError):
    """A model cannot be loaded; the message says what to do next."""

    code = "bad_model"


class BrokerAway(DictationError):
    """The Redis that gateways share is away or refuses; whoever asked does without."""

    code = "broker_away"


class ClientError(DictationError):
    """The peer did something that the protocol forbids."""

    code = "client_error"
    close_code = 1008
    status = 400


class BadMessage(ClientError):
    """A text frame is no message of the wire language."""

    code = "bad_message"


class BadOrder(ClientError):
    """A message came at a time when it has no meaning."""

    code = "bad_order"
    status = 409


class BadAudio(ClientError):
    """Bytes cannot be audio of the declared format."""

    code = "bad_audio"
    close_code = 1007


class UnsupportedFormat(ClientError):
    """The declared format, rate, channel count, language or task is not served."""

    code = "unsupported_format"
    close_code = 1003
    status = 415


class BadCursor(ClientError):
    """A cursor cannot be opened: damaged, of another key or version, or expired."""

    code = "bad_cursor"


class TakenOver(ClientError):
    """The session was resumed in another connection, which alone goes on with it."""

    code = "taken_over"
    status = 409


class UnknownRoom(ClientError):
    """A room is not the speaker's own, or none at all."""

    code = "unknown_room"
    status = 404


class TooLarge(ClientError):
    """A frame, a message or a body is above its limit."""

    code = "too_large"
    close_code = 1009
    status = 413


class LimitReached(ClientError):
    """A session used up its time, its silence or its token's audio."""

    code = "limit_reached"
    status = 429


class ServerError(DictationError):
    """Something broke on our side."""

    code = "server_error"


class EngineError(ServerError):
    """The engine could not decode a window, or returned another number of results than asked."""

    code = "engine_error"


class EngineLost(EngineError):
    """The engine process died or hung while it held a window."""

    code = "engine_lost"
    status = 503


class EngineUnavailable(EngineLost):
    """No engine could be reached, or none took the windows: nothing is known of them.

    To clients it is no other thing than an engine that was lost.
    """


class Overloaded(ServerError):
    """There is no room for more work now."""

    code = "overloaded"
    close_code = 1013
    status = 503


class ShuttingDown(ServerError):
    """The server stops; another one, or this one later, takes the rest."""

    code = "shutting_down"
    close_code = 1012
    status = 503
