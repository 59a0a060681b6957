/**
 * The messages of `dictation.v1`: builds what the client sends, reads what the server sends.
 * Knows nothing of sockets or sound.
 */

/** What the client asks for, and the server answers, in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = "dictation.v1";

/**
 * @typedef {"dictation" | "captioning"} Profile
 * @typedef {{encoding?: Encoding, sample_rate?: number, channels?: 1 | 2, language?: string | null,
 *   task?: "transcribe" | "translate", prompt?: string, hotwords?: string[], words?: boolean,
 *   partials?: boolean, endpointing?: Profile, room?: string | null}} Start all but the type and
 *   `resume`
 * @typedef {"s16le" | "f32le" | "mulaw" | "alaw"} Encoding
 * @typedef {{text: string, start: number, end: number, probability: number}} TimedWord
 * @typedef {{through: number, resend_from?: number, cursor?: string | null}} Bookmark how far all is
 *   final, and from where a session goes on with the cursor
 * @typedef {{type: "ready", session: string, model: string, practice: boolean,
 *   languages: string[], encodings: Encoding[], sample_rates: [number, number],
 *   limits: {frame_bytes: number, idle_seconds: number, session_seconds: number},
 *   generation?: number, through?: number, resend_from?: number, cursor?: string | null}} Ready
 * @typedef {{type: "speech", event: "started" | "ended", utterance: number, time: number}} Speech
 * @typedef {{type: "partial", utterance: number, text: string, committed: number,
 *   start: number, end: number, lag: number, words?: TimedWord[] | null}} Partial
 * @typedef {{type: "final", utterance: number, text: string, start: number, end: number,
 *   language?: string | null, words?: TimedWord[] | null, reason?: string | null} & Bookmark} Final
 * @typedef {{type: "ack"} & Bookmark} Ack
 * @typedef {{type: "flushed", id?: string | null}} Flushed
 * @typedef {{type: "done", duration: number, utterances: number}} Done
 * @typedef {{type: "warning", code: string, message: string}} Warning
 * @typedef {{type: "error", code: string, message: string, fatal: boolean}} ServerError
 * @typedef {Ready | Speech | Partial | Final | Ack | Flushed | Done | Warning | ServerError} Message
 */

/** Every message the server may send, with the fields that must be there. */
const REQUIRED = {
  ready: ["session", "model", "practice", "languages", "sample_rates", "limits"],
  speech: ["event", "utterance", "time"],
  partial: ["utterance", "text", "committed", "start", "end", "lag"],
  final: ["utterance", "text", "start", "end", "through"],
  ack: ["through"],
  flushed: [],
  done: ["duration", "utterances"],
  warning: ["code", "message"],
  error: ["code", "message", "fatal"],
};

/** Something the server sent that is no message of `dictation.v1`. */
export class ProtocolError extends Error {
  name = "ProtocolError";
}

/**
 * Read a text frame from the server.
 * @param {unknown} frame
 * @returns {Message}
 * @throws {ProtocolError} if it is no JSON object, of an unknown type or lacks a field
 */
export function parse(frame) {
  const message = readObject(frame);
  const type = String(message.type);
  if (!Object.hasOwn(REQUIRED, type)) {
    throw new ProtocolError(`unknown message type "${type}"`);
  }
  const fields = REQUIRED[/** @type {keyof typeof REQUIRED} */ (type)];
  const missing = fields.filter((field) => message[field] == null);
  if (missing.length > 0) {
    throw new ProtocolError(`found "${type}" without ${missing.join(", ")}`);
  }
  return /** @type {Message} */ (/** @type {unknown} */ (message));
}

/**
 * @param {unknown} frame
 * @returns {Record<string, unknown>}
 */
function readObject(frame) {
  if (typeof frame !== "string") {
    throw new ProtocolError("found a binary frame, expected text");
  }
  let value;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new ProtocolError("found text that is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError("found JSON that is no object");
  }
  return value;
}

/**
 * Build the frame that opens a session.
 * @param {Start} fields what is left out is left to the server
 * @returns {string}
 */
export function start(fields) {
  return JSON.stringify({ type: "start", ...fields });
}

/**
 * Build the frame that goes on with a session.
 * @param {string} cursor its last one
 */
export function resume(cursor) {
  return JSON.stringify({ type: "start", resume: cursor });
}

/**
 * Ask that all sent so far becomes final; answered by `flushed` with the same id.
 * @param {string} [id]
 */
export function flush(id) {
  return JSON.stringify({ type: "flush", id });
}

/** Ask that all sent becomes final and the session ends; answered by `done`. */
export function finish() {
  return JSON.stringify({ type: "finish" });
}

/** Stay connected while no audio is sent. */
export function keepalive() {
  return JSON.stringify({ type: "keepalive" });
}

/**
 * Give the subprotocols to offer: browsers can set no headers, so what lets in travels here.
 * @param {string} token or cursor; empty for a server that asks for none
 * @param {string} [language] that is to be spoken
 * @returns {string[]}
 */
export function subprotocols(token, language = SUBPROTOCOL) {
  return token ? [language, `token.${base64url(token)}`] : [language];
}

/** @param {string} text */
function base64url(text) {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
