/**
 * What a browser can decode at once, and why a file cannot be used.
 * Knows numbers; knows nothing of how a file is opened.
 */

/** Samples per second of all sound that is sent; what Whisper hears. */
export const RATE = 16_000;

/** Decoded at once, in stereo, this takes up to 1.7 GB for a moment. */
export const LONGEST_SECONDS = 30 * 60;

/** A machine with little memory gets by with as much less. */
const SECONDS_PER_GIB = 5 * 60;

/** A compressed file has to be read as a whole before it is decoded. */
export const LARGEST_BYTES = 512 * 1024 * 1024;

/** The same for a file that does not tell its length: half an hour at 150 kbit/s. */
export const LARGEST_UNTOLD_BYTES = 32 * 1024 * 1024;

/**
 * @typedef {"too_long" | "too_large" | "no_sound" | "unknown" | "gone" | "empty"} Reason *unknown*:
 *   of a kind that this browser does not decode; *gone*: it cannot be read any more
 */

/** Why a file cannot be used; another try would give the same. */
export class Unusable extends Error {
  name = "Unusable";

  /**
   * @param {Reason} reason
   * @param {{seconds?: number, bytes?: number, most?: number, cause?: unknown}} [found] *most*: how
   *   much it could be
   */
  constructor(reason, { seconds = 0, bytes = 0, most = 0, cause } = {}) {
    super(`found a file that is ${reason}`, { cause });
    this.reason = reason;
    this.seconds = seconds;
    this.bytes = bytes;
    this.most = most;
  }
}

/**
 * Refuse what is too much to be decoded at once.
 * @param {number} bytes
 * @param {number | null} seconds null if the file does not tell
 * @param {number} [memoryGib] of the machine, as far as the browser tells
 * @throws {Unusable}
 */
export function checkFits(bytes, seconds, memoryGib = Infinity) {
  const longest = Math.min(LONGEST_SECONDS, memoryGib * SECONDS_PER_GIB);
  if (seconds !== null && seconds > longest) {
    throw new Unusable("too_long", { seconds, most: longest });
  }
  const most = seconds === null ? LARGEST_UNTOLD_BYTES : LARGEST_BYTES;
  if (bytes > most) throw new Unusable("too_large", { bytes, most });
}
