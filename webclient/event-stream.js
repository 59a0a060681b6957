/**
 * Read server-sent events from the text they come in.
 * Knows the format (the HTML Standard's "Server-sent events"); knows nothing of what they say.
 */

/** What `EventSource` would give; by hand, because it hides why it was refused and sets no header. */
export class EventStream {
  #rest = "";
  /** @type {string[]} */
  #data = [];

  /**
   * Take text, cut anywhere.
   * @param {string} text
   * @returns {string[]} the data of each event that is complete now
   */
  take(text) {
    // A carriage return at the end may be half of a line's end.
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#read(line));
  }

  /**
   * @param {string} line
   * @returns {string[]}
   */
  #read(line) {
    if (line === "") return this.#dispatch();
    const [, field, value] = /** @type {RegExpMatchArray} */ (line.match(/^([^:]*):? ?(.*)$/s));
    if (field === "data") this.#data.push(value);
    return [];
  }

  #dispatch() {
    if (this.#data.length === 0) return [];
    const event = this.#data.join("\n");
    this.#data = [];
    return [event];
  }
}
