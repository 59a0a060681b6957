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
   * Give the lines to show.
   * @template T
   * @param {readonly T[]} lines
   * @returns {readonly T[]}
   */
  shown(lines) {
    return lines.slice(Math.max(this.#from, lines.length - this.#most));
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

  /** Take in that there are words again. */
  open() {
    this.#from = this.#back;
  }
}
