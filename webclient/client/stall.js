/**
 * Notice that the network takes nothing any more, though nobody closed the connection.
 * Knows numbers only; the clock is the sound that was heard.
 */

/** So much sound without any progress is too much. */
const PATIENCE_SECONDS = 10;

/** Less is enough if the browser believes that there is no network. */
const OFFLINE_SECONDS = 2;

export class Stall {
  #bytes = -1;
  #since = 0;

  /**
   * Look again; give whether the connection is to be given up.
   * @param {{takenBytes: number, waitingBytes: number}} link what the network took, and did not yet
   * @param {number} seconds of sound until now
   * @param {boolean} isOnline what the browser believes
   */
  look({ takenBytes, waitingBytes }, seconds, isOnline) {
    if (waitingBytes === 0 || takenBytes !== this.#bytes) {
      this.#bytes = takenBytes;
      this.#since = seconds;
    }
    return seconds - this.#since > (isOnline ? PATIENCE_SECONDS : OFFLINE_SECONDS);
  }
}
