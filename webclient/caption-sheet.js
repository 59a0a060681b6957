/**
 * Show lines of captions; what stands there already is left alone.
 * Knows lines and elements; knows nothing of messages.
 */

/** @typedef {import("./caption-lines.js").Line} Line */

export class CaptionSheet {
  #place;
  /** @type {readonly Line[]} */
  #shown = [];

  /** @param {HTMLElement} place where each line becomes a paragraph */
  constructor(place) {
    this.#place = place;
  }

  /** Lines that stand there. */
  get count() {
    return this.#shown.length;
  }

  /** @param {readonly Line[]} lines */
  show(lines) {
    while (this.#place.children.length > lines.length) this.#place.lastElementChild?.remove();
    lines.forEach((line, i) => {
      if (line !== this.#shown[i]) this.#showLine(i, line);
    });
    this.#shown = lines;
  }

  /**
   * @param {number} i
   * @param {Line} line
   */
  #showLine(i, line) {
    const paragraph = this.#place.children[i] ?? this.#place.appendChild(newLine());
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
