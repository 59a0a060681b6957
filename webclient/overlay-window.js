/**
 * Which lines stand on the overlay: the last few, and none after a while of silence.
 * Knows how many lines there are; knows nothing of the page.
 */

export class OverlayWindow {
  #most;
  #from = 0;
  #back = 0;

  /** @param {number} most lines at a time */
  constructor(most) {
    this.#most = most;
  }

  /**
   * Give the number of the first line to show.
   * @param {number} count of lines
   */
  from(count) {
    return Math.max(this.#from, count - this.#most);
  }

  /**
   * Let lines be past.
   * @param {number} count of lines until now
   * @param {boolean} isOpen whether words may go on in the last of them, which then comes back
   */
  clear(count, isOpen) {
    this.#from = count;
    this.#back = isOpen ? count - 1 : count;
  }

  /**
   * Take in how many lines there are: what was not final may be taken away, and come back shorter.
   * @param {number} count
   */
  limit(count) {
    this.#from = Math.min(this.#from, count);
    this.#back = Math.min(this.#back, count);
  }

  /**
   * Take in that there are words again.
   * @param {number} count of lines with them
   */
  open(count) {
    this.#from = this.#back = Math.min(this.#back, count - 1);
  }
}
