/**
 * The messages of `captions.v1`, which those who read along in a room are sent.
 * Knows nothing of sockets, streams or the page.
 */

/** What a viewer asks for, and the server answers, in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = "captions.v1";

/**
 * @typedef {{type: "room", room: string, title?: string | null, story: string, first?: number,
 *   finals: number, live: boolean}} Room always the first; numbers mean something within *story*
 * @typedef {{type: "final", number: number, session: string, utterance: number, text: string,
 *   start: number, end: number, language?: string | null}} Final
 * @typedef {{type: "partial", session: string, utterance: number, text: string, committed: number,
 *   start: number, end: number}} Partial replaces the one before of its session; an empty one takes
 *   it away
 * @typedef {{type: "live", live: boolean}} Live
 * @typedef {{type: "closed", reason: string}} Closed
 * @typedef {Room | Final | Partial | Live | Closed} Message
 */

const TYPES = new Set(["room", "final", "partial", "live", "closed"]);

/**
 * Read a message.
 * @param {unknown} frame
 * @returns {Message | null} null for a type of later days, which is left out
 * @throws {SyntaxError} if it is no message
 */
export function parse(frame) {
  const message = typeof frame === "string" ? JSON.parse(frame) : null;
  if (typeof message?.type !== "string") throw new SyntaxError("found no message of captions.v1");
  return TYPES.has(message.type) ? message : null;
}
