/**
 * Which finals were said before somebody was there to read them, and whether some are lost to them.
 * Knows the messages of `captions.v1`; knows nothing of the page.
 */

export class CaptionPast {
  #story = "";
  #finals = 0;

  /** Whether what was said first had been dropped when one came. */
  isCut = false;

  /**
   * Take in where one is; again after every break.
   * @param {import("./room-messages.js").Room} room
   */
  enter({ story, finals, first = 1 }) {
    if (this.#story === "") {
      this.#finals = finals;
      this.isCut = first > 1;
    }
    // A server that was started anew counts from 1, and tells only what is new or was missed.
    else if (story !== this.#story) this.#finals = 0;
    this.#story = story;
  }

  /** @param {import("./room-messages.js").Final} final */
  has({ number }) {
    return number <= this.#finals;
  }
}
