/**
 * Read along in a room: every final once, over as many connections as that takes.
 * Knows the messages of `captions.v1` and when to try again; knows nothing of the page.
 */

import { retryDelayMs } from "./client/backoff.js";
import { parse } from "./room-messages.js";
import { RoomWatch } from "./room-watch.js";
import { byEvents, bySocket } from "./room-ways.js";

/**
 * Answers that will be the same at every try, and what they mean.
 * @type {Readonly<Record<number, string>>}
 */
const REFUSED = { 400: "refused", 401: "refused", 403: "refused", 404: "unknown", 410: "ended" };

/**
 * @typedef {import("./room-messages.js").Message} Message
 * @typedef {import("./room-messages.js").Final | import("./room-messages.js").Partial} Heard
 * @typedef {{phase: "connecting" | "open" | "waiting" | "over", reason?: string}} State *waiting*:
 *   until the next try, with the reason `busy` if the server asked for that; *over*: for good, with
 *   the reason of `closed`, or `refused`, or `unknown` where there is no such room
 * @typedef {{onMessage: (message: Message) => void, onState: (state: State) => void}} RoomListener
 */

export class RoomClient {
  #url;
  #token;
  #listener;
  #way = bySocket;
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #attempt = new AbortController();
  /** @type {RoomWatch | undefined} */
  #watch;
  /** @type {State["phase"]} */
  #phase = "connecting";
  #story = "";
  #number = 0;
  /** The last final utterance of each session. @type {Map<string, number>} */
  #done = new Map();

  /**
   * @param {URL} url of the room, as in `https://example.org/v1/rooms/abc`
   * @param {string} token that may view it
   * @param {RoomListener} listener
   */
  constructor(url, token, listener) {
    this.#url = url;
    this.#token = token;
    this.#listener = listener;
  }

  /** Connect; to be called again while waiting to do so at once. */
  open() {
    this.#hangUp();
    this.#attempt = new AbortController();
    this.#connect(this.#attempt.signal);
  }

  /** Connect at once if that would be tried later only; look sooner whether an open line is dead. */
  hurry() {
    if (this.#phase === "open") this.#watch?.doubt();
    if (this.#phase !== "waiting") return;
    this.#tries = 0;
    this.open();
  }

  /** Leave; nothing is heard of this any more. */
  close() {
    this.#hangUp();
    this.#phase = "over";
  }

  #hangUp() {
    clearTimeout(this.#timer);
    this.#attempt.abort();
  }

  /** @param {AbortSignal} signal */
  async #connect(signal) {
    this.#tell({ phase: "connecting" });
    let end = await this.#read(this.#way, signal);
    if (!end.wasOpen && !signal.aborted && this.#phase !== "over") {
      const other = this.#way === bySocket ? byEvents : bySocket;
      const { status } = end;
      end = await this.#read(other, signal);
      if (end.wasOpen) this.#way = other;
      end = { ...end, status: end.status ?? status };
    }
    if (signal.aborted || this.#phase === "over") return;
    const reason = end.wasOpen ? undefined : REFUSED[end.status ?? 0];
    if (reason) this.#tell({ phase: "over", reason });
    else this.#wait(end);
  }

  /**
   * @param {import("./room-ways.js").Way} way
   * @param {AbortSignal} signal
   */
  async #read(way, signal) {
    const url = new URL(this.#url);
    if (this.#story) url.searchParams.set("after", `${this.#story}:${this.#number}`);
    const line = new AbortController();
    const hangUp = () => line.abort();
    signal.addEventListener("abort", hangUp, { once: true });
    const watch = (this.#watch = new RoomWatch(hangUp));
    const take = (/** @type {string} */ text) => signal.aborted || this.#take(text);
    try {
      return await way(url, this.#token, { take, hear: () => watch.hear() }, line.signal);
    } finally {
      watch.stop();
      hangUp();
    }
  }

  /** @param {import("./room-ways.js").End} end */
  #wait({ wasOpen, status, retryAfterSeconds }) {
    const isBusy = !wasOpen && (status === 429 || status === 503);
    this.#tell(isBusy ? { phase: "waiting", reason: "busy" } : { phase: "waiting" });
    this.#timer = setTimeout(() => this.open(), retryDelayMs(this.#tries, retryAfterSeconds));
    this.#tries += 1;
  }

  /** @param {string} text */
  #take(text) {
    const message = parse(text);
    if (message === null || this.#phase === "over") return;
    if (message.type === "room") this.#enter(message);
    const isNews = !("session" in message) || this.#isNews(message);
    if (message.type === "final") this.#note(message);
    if (isNews) this.#listener.onMessage(message);
    if (message.type === "closed") this.#tell({ phase: "over", reason: message.reason });
  }

  /** @param {import("./room-messages.js").Room} room */
  #enter({ story }) {
    if (story !== this.#story) this.#number = 0;
    this.#story = story;
    this.#tries = 0;
    this.#tell({ phase: "open" });
  }

  /** @param {import("./room-messages.js").Final} final */
  #note({ number, session, utterance }) {
    this.#number = Math.max(this.#number, number);
    this.#done.set(session, Math.max(utterance, this.#done.get(session) ?? utterance));
  }

  /** @param {Heard} message */
  #isNews({ session, utterance }) {
    const done = this.#done.get(session);
    return done === undefined || utterance > done;
  }

  /** @param {State} state */
  #tell(state) {
    this.#phase = state.phase;
    this.#listener.onState(state);
  }
}
