/**
 * How the server is asked to go on: with a cursor while it serves, else with a new session.
 * Knows credentials and what speaks against them; knows nothing of sockets or sound.
 */

import { isServersFault } from "./failures.js";

const UNAUTHORIZED = [401, 403];

export class Way {
  /** The session's last place, which is its own credential; null without a session to go on with. */
  cursor = /** @type {string | null} */ (null);
  /** The cursor that the handshake does not take for a credential. @type {string | null} */
  #refused = null;

  /**
   * Give what to present in the handshake.
   * @param {string} token
   */
  credential(token) {
    return this.cursor === null || this.cursor === this.#refused ? token : this.cursor;
  }

  /**
   * Take in that the handshake was refused.
   * @param {string} presented
   * @param {import("./server.js").Answer | null} answer
   * @returns {boolean} whether there is something else to try at once
   */
  refuse(presented, answer) {
    const isOurs = presented === this.cursor && answer && UNAUTHORIZED.includes(answer.status);
    if (!isOurs) return false;
    this.#refused = this.cursor;
    // Expired, or of another key: nobody takes it, so what is left goes into a new session.
    if (answer.code === "bad_cursor") this.cursor = null;
    return true;
  }

  /**
   * Take in that the server ended the session.
   * @param {import("./protocol.js").ServerError} error
   * @param {boolean} wasReady
   * @returns {boolean} whether there is something else to try at once
   */
  fail(error, wasReady) {
    if (isServersFault(error.code)) return false;
    const wasResuming = this.cursor !== null && !wasReady;
    this.cursor = null;
    return wasResuming && error.code !== "taken_over";
  }
}
