/**
 * What was said in a room, as lines of whatever length there is room for.
 * Knows the messages of `captions.v1`; knows nothing of connections or the page.
 */

import { apply, begin, breakLine, forgetful, lines, settledCount } from "./caption-lines.js";
import { COLUMNS } from "./columns.js";

export class CaptionStory {
  /** @type {import("./room-messages.js").Final[]} */
  #finals = [];
  /** The newest of each session. @type {Map<string, import("./room-messages.js").Partial>} */
  #partials = new Map();
  #roll;
  #keepsAll;
  /** Lines that were given and stay as they are. */
  #given = 0;

  /**
   * @param {number} [columns] that a line may have
   * @param {boolean} [keepsAll] false for one that forgets old lines; its columns stay as they are
   */
  constructor(columns = COLUMNS, keepsAll = true) {
    this.#roll = begin(columns);
    this.#keepsAll = keepsAll;
  }

  /** How many lines there are, with those that were forgotten. */
  get count() {
    const { start } = this.#roll;
    return start + lines(this.#roll, start).length;
  }

  /**
   * Give the lines from number *from* on, the oldest first.
   * @param {number} [from]
   */
  lines(from = 0) {
    return lines(this.#roll, from);
  }

  /** Give the lines that may be others than they were when this was asked last, from *from* on. */
  news() {
    const from = this.#given;
    this.#given = settledCount(this.#roll);
    return { from, lines: this.lines(from) };
  }

  /** Whether somebody is heard whose words are not final. */
  get isOpen() {
    return this.#roll.blocks.length > 0;
  }

  /** Let the next utterance begin a line. */
  breakLine() {
    this.#roll = breakLine(this.#roll);
  }

  get columns() {
    return this.#roll.columns;
  }

  /** Lay all lines out anew if they are to have another length. @param {number} columns */
  set columns(columns) {
    if (columns === this.#roll.columns) return;
    this.#given = 0;
    this.#roll = [...this.#finals, ...this.#partials.values()].reduce(apply, begin(columns));
  }

  /**
   * Take a message that was not taken before.
   * @param {import("./room-messages.js").Message} message
   */
  take(message) {
    if (message.type === "final" && this.#keepsAll) this.#finals.push(message);
    if (message.type === "partial") this.#partials.set(message.session, message);
    if (message.type === "room" || message.type === "closed") this.#partials.clear();
    this.#roll = apply(this.#roll, message);
    if (!this.#keepsAll) this.#roll = forgetful(this.#roll);
  }
}
