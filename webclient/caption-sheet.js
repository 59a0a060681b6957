/**
 * Show lines of captions; what stands there already is left alone.
 * Knows lines and elements; knows nothing of messages.
 */

/** @typedef {import("./caption-lines.js").Line} Line */

export class CaptionSheet {
  #place;
  /** @type {Line[]} */
  #shown = [];
  /** By themselves: to count children takes longer the more there are. @type {Element[]} */
  #paragraphs = [];

  /** @param {HTMLElement} place where each line becomes a paragraph */
  constructor(place) {
    this.#place = place;
  }

  /** Lines that stand there. */
  get count() {
    return this.#shown.length;
  }

  /**
   * @param {readonly Line[]} lines
   * @param {number} [from] the place of the first of them; what stands before it stays
   */
  show(lines, from = 0) {
    const count = from + lines.length;
    while (this.#paragraphs.length > count) this.#paragraphs.pop()?.remove();
    lines.forEach((line, i) => {
      if (line !== this.#shown[from + i]) this.#showLine(from + i, line);
      this.#shown[from + i] = line;
    });
    this.#shown.length = count;
  }

  /**
   * @param {number} i
   * @param {Line} line
   */
  #showLine(i, line) {
    const paragraph = (this.#paragraphs[i] ??= this.#place.appendChild(newLine()));
    const box = /** @type {HTMLElement} */ (paragraph.firstElementChild);
    while (box.children.length > line.length) box.lastElementChild?.remove();
    line.forEach(({ kind, text }, piece) => {
      const span = box.children[piece] ?? box.appendChild(document.createElement("span"));
      span.className = kind;
      if (span.textContent !== text) span.textContent = text;
    });
  }
}

function newLine() {
  const line = document.createElement("p");
  // Each line has the direction of its own words.
  line.dir = "auto";
  line.append(document.createElement("span"));
  return line;
}
