/**
 * Why there is no session, or none any more, and whether trying again may help.
 * Knows answers, errors and close codes as it is handed them; knows no sockets.
 *
 *     DictationError
 *     ├── Refused         the server does not let in
 *     ├── ConnectionLost  the server cannot be reached, or the connection broke
 *     └── SessionFailed   the server ended the session, or said what nobody understands
 */

/** What a server or a proxy answers that may let in later. */
const FOR_NOW = new Set([429, 502, 503, 504]);

/** Errors that say nothing against the session: it can go on where it was. */
const SERVERS_FAULT = new Set([
  "server_error",
  "engine_error",
  "engine_lost",
  "overloaded",
  "shutting_down",
]);

/** Close codes after which the same audio may well be taken at a second try. */
const PASSING = new Set([1001, 1005, 1006, 1011, 1012, 1013, 1014]);

/**
 * Tell whether the same may be let in later.
 * @param {import("./server.js").Answer | null} answer null when the server did not answer
 */
export function isPassingRefusal(answer) {
  // Let in, but not by a WebSocket: something between may do better at the next try.
  if (answer === null || answer.status < 300) return true;
  // One's own place may still be taken by the connection that broke; a day's quota takes too long.
  return FOR_NOW.has(answer.status) && answer.code !== "audio_used_up";
}

/**
 * Tell whether what an open connection ended with may be over after a while.
 * @param {number} code the WebSocket close code
 * @param {string} [errorCode] of the fatal error before it, if there was any
 */
export function isPassingEnd(code, errorCode) {
  if (errorCode === "taken_over") return false;
  // A session that is over goes on as the next one; a day's quota is told when that is asked for.
  return PASSING.has(code) || errorCode === "limit_reached";
}

/** @param {string} code of a fatal error */
export function isServersFault(code) {
  return SERVERS_FAULT.has(code);
}

/** What ends a dictation before all is final. */
export class DictationError extends Error {
  name = "DictationError";
  /** Whether the same may work a while later. */
  isPassing = false;
  /** What the server asked to wait. @type {number | undefined} */
  retryAfterSeconds;

  /**
   * @param {string} code for programs; the message is for people
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
}

/** The server does not let in; the code is its own, or that of HTTP, as in `http_502`. */
export class Refused extends DictationError {
  name = "Refused";

  /** @param {import("./server.js").Answer} answer */
  constructor(answer) {
    const { status, code, message, retryAfterSeconds } = answer;
    super(code || `http_${status}`, message || `found status ${status}, expected to be let in`);
    this.answer = answer;
    this.status = status;
    this.isPassing = isPassingRefusal(answer);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * There is no connection: `unreachable`; `blocked`, where the server would let in but WebSockets do
 * not get through; or `connection_lost`.
 */
export class ConnectionLost extends DictationError {
  name = "ConnectionLost";

  /**
   * @param {"unreachable" | "blocked" | "connection_lost"} code
   * @param {string} message
   * @param {number} [closeCode] of the WebSocket
   */
  constructor(code, message, closeCode = 1006) {
    super(code, message);
    this.closeCode = closeCode;
    this.isPassing = code !== "connection_lost" || isPassingEnd(closeCode);
  }
}

/** The server ended the session with a fatal error; or `unreadable`: it sent what is no message. */
export class SessionFailed extends DictationError {
  name = "SessionFailed";

  /**
   * @param {string} code
   * @param {string} message
   * @param {number} closeCode of the WebSocket
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, closeCode, options) {
    super(code, message, options);
    this.closeCode = closeCode;
    this.isPassing = isPassingEnd(closeCode, code);
  }
}

/**
 * Say why a connection did not open.
 * @param {import("./server.js").Answer | null} answer what admission was, if anybody said
 */
export function failureToOpen(answer) {
  if (answer === null) {
    return new ConnectionLost("unreachable", "found no server, or none that answers this page");
  }
  if (answer.status < 300) {
    const between = "the server would let in, but the WebSocket did not get through to it";
    return new ConnectionLost("blocked", between);
  }
  return new Refused(answer);
}

/**
 * Say why an open connection ended before its time.
 * @param {number} closeCode
 * @param {{code: string, message: string} | null} error the last fatal one, if any
 */
export function failureInSession(closeCode, error) {
  if (error !== null) return new SessionFailed(error.code, error.message, closeCode);
  const found = `found the connection closed with ${closeCode}, expected it to last until done`;
  return new ConnectionLost("connection_lost", found, closeCode);
}
