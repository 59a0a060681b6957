/**
 * Let others read along, from the opening of a room to its end, and remember the room of this tab.
 * Knows what the answers of the server mean; knows nothing of elements.
 */

import { GONE, LOST, refused, UNSTOPPED } from "./share-wording.js";

/**
 * @typedef {import("./share-rooms.js").Room} Room
 * @typedef {{phase: "off" | "opening" | "on" | "ending", room: Room | null, note: string,
 *   isNews: boolean}} Shared *note*: what went wrong or came to an end, empty for nothing; *isNews*:
 *   nobody asked for that, so they have to be told
 * @typedef {{recall: () => Room | null, remember: (room: Room | null) => void}} Memory
 * @typedef {{onChange: (shared: Shared) => void, onRoom: (room: string) => void}} ShareListener
 *   *onRoom*: what is said from now on belongs to this room, or with "" to none
 */

/** Beyond its time a link is good for some seconds, since clocks differ. */
const LEEWAY_SECONDS = 12;

/** Timers of browsers know no longer time. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Between two checks of links whose time seems to be over: this computer's clock may be ahead. */
const DOUBTED_TIMER_MS = 60_000;

/** What came of a room, by the answer to its readers. @type {Map<string, string>} */
const ENDED = new Map([
  ["room_ended", GONE.ended],
  ["token_expired", GONE.expired],
  ["unknown_room", GONE.unknown],
  ["bad_token", GONE.unknown],
]);

export class Sharing {
  /** @type {Shared} */
  #shared = { phase: "off", room: null, note: "", isNews: false };
  #server;
  #memory;
  #listener;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./share-rooms.js").RoomServer} server
   * @param {Memory} memory of this tab
   * @param {ShareListener} listener
   */
  constructor(server, memory, listener) {
    this.#server = server;
    this.#memory = memory;
    this.#listener = listener;
  }

  /** Go on with the room of this tab, if there is one. */
  async restore() {
    const room = this.#memory.recall();
    if (!room) return;
    this.#begin(room);
    await this.check();
  }

  /** Ask whether the room is still there. */
  async check() {
    const { room } = this.#shared;
    const answer = room && (await this.#server.look(room));
    if (!room || this.#shared.room !== room) return;
    const note = ENDED.get(answer?.code ?? "");
    if (note) this.#drop(note);
    else this.#checkLater(room);
  }

  /**
   * Open a room.
   * @param {string} token
   * @param {import("./share-rooms.js").RoomWish} wish
   */
  async open(token, wish) {
    if (this.#shared.phase !== "off") return;
    this.#become({ phase: "opening", note: "", isNews: false });
    const opened = await this.#server.open(token, wish);
    if (!opened.room) return this.#become({ phase: "off", note: refused(opened.refusal) });
    this.#memory.remember(opened.room);
    this.#begin(opened.room);
  }

  /**
   * End the room.
   * @param {string} token
   */
  async end(token) {
    const { phase, room } = this.#shared;
    if (phase !== "on" || !room) return;
    this.#become({ phase: "ending", note: "", isNews: false });
    const answer = await this.#server.end(token, room.room);
    if (answer && (answer.status < 300 || answer.code === "room_ended")) this.#drop("", false);
    else if (answer?.code === "unknown_room") this.#drop(LOST, false);
    else this.#become({ phase: "on", note: `${UNSTOPPED} ${refused(answer)}` });
  }

  /** Take in that the server knows nothing of the room as one of this token. */
  lose() {
    if (this.#shared.room) this.#drop(LOST);
  }

  /** @param {Room} room */
  #begin(room) {
    this.#checkLater(room);
    this.#listener.onRoom(room.room);
    this.#become({ phase: "on", room, note: "", isNews: false });
  }

  /**
   * Check when the time of the links is over.
   * @param {Room} room
   */
  #checkLater({ expires }) {
    clearTimeout(this.#timer);
    const restMs = 1000 * (expires + LEEWAY_SECONDS) - Date.now();
    const waitMs = restMs > 0 ? restMs : DOUBTED_TIMER_MS;
    this.#timer = setTimeout(() => this.check(), Math.min(waitMs, LONGEST_TIMER_MS));
  }

  /**
   * @param {string} note
   * @param {boolean} [isNews]
   */
  #drop(note, isNews = true) {
    clearTimeout(this.#timer);
    this.#memory.remember(null);
    this.#listener.onRoom("");
    this.#become({ phase: "off", room: null, note, isNews });
  }

  /** @param {Partial<Shared>} news */
  #become(news) {
    this.#shared = { ...this.#shared, ...news };
    this.#listener.onChange(this.#shared);
  }
}
