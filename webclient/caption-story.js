/**
 * What was said in a room, as lines of whatever length there is room for.
 * Knows the messages of `captions.v1`; knows nothing of connections or the page.
 */

import { apply, begin, breakLine, COLUMNS, lines } from "./caption-lines.js";

export class CaptionStory {
  /** @type {import("./room-messages.js").Final[]} */
  #finals = [];
  /** The newest of each session. @type {Map<string, import("./room-messages.js").Partial>} */
  #partials = new Map();
  #roll;

  /** @param {number} [columns] that a line may have */
  constructor(columns = COLUMNS) {
    this.#roll = begin(columns);
  }

  /** All lines, the oldest first. */
  get lines() {
    return lines(this.#roll);
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
    this.#roll = [...this.#finals, ...this.#partials.values()].reduce(apply, begin(columns));
  }

  /**
   * Take a message that was not taken before.
   * @param {import("./room-messages.js").Message} message
   */
  take(message) {
    if (message.type === "final") this.#finals.push(message);
    if (message.type === "partial") this.#partials.set(message.session, message);
    if (message.type === "room" || message.type === "closed") this.#partials.clear();
    this.#roll = apply(this.#roll, message);
  }
}
