/**
 * Tell when a line to a room is dead, which nothing but its silence shows.
 * Knows times; knows nothing of sockets, streams or what is told.
 */

/** A network that swallows everything would keep us waiting for minutes. */
const OPEN_WITHIN_MS = 10_000;

/** The server says something every 15 s; twice may be lost to a network that was away for a while. */
const SILENT_FOR_MS = 40_000;

/** With good reason to doubt a line, waiting for the next sign of life will do. */
const DOUBTED_FOR_MS = 20_000;

/** What came while the page slept is read first. */
const LEAST_MS = 2_000;

export class RoomWatch {
  #giveUp;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {number | null} */
  #heardAt = null;

  /** @param {() => void} giveUp called once, if at all */
  constructor(giveUp) {
    this.#giveUp = giveUp;
    this.#wait(OPEN_WITHIN_MS);
  }

  /** Take in a sign of life. */
  hear() {
    this.#heardAt = Date.now();
    this.#wait(SILENT_FOR_MS);
  }

  /** Doubt an open line, as when the network is another one now: it has to show life soon. */
  doubt() {
    if (this.#heardAt === null) return;
    // A clock that was put back meanwhile is to make no difference.
    const silentMs = Math.max(0, Date.now() - this.#heardAt);
    this.#wait(Math.max(LEAST_MS, DOUBTED_FOR_MS - silentMs));
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {number} ms */
  #wait(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#giveUp, ms);
  }
}
