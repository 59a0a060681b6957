/**
 * Keep sound until it is final, so that a broken connection loses none of it.
 * Knows nothing of microphones, sockets or messages; positions are samples since the session began.
 */

export class Keeper {
  /** @type {Int16Array<ArrayBuffer>[]} */
  #chunks = [];
  #first = 0;
  #end = 0;

  /** @param {number} rate samples per second of all that is kept */
  constructor(rate) {
    this.rate = rate;
  }

  /** The position just after the last sample. */
  get end() {
    return this.#end;
  }

  /** How much is kept. */
  get seconds() {
    return (this.#end - this.#first) / this.rate;
  }

  /** What is kept, oldest first. */
  get chunks() {
    return [...this.#chunks];
  }

  /** @param {Int16Array<ArrayBuffer>} chunk */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#end += chunk.length;
  }

  /**
   * Forget what lies before a position; nothing happens if it is forgotten already.
   * @param {number} position
   */
  forget(position) {
    while (this.#chunks.length > 0 && this.#first + this.#chunks[0].length <= position) {
      this.#first += this.#shift().length;
    }
    if (this.#chunks.length > 0 && this.#first < position) {
      this.#chunks[0] = this.#chunks[0].slice(position - this.#first);
      this.#first = position;
    }
  }

  /** Forget all. */
  clear() {
    this.forget(this.#end);
  }

  /** Begin a new session, in which what is kept comes first. */
  rewind() {
    this.#end -= this.#first;
    this.#first = 0;
  }

  #shift() {
    return /** @type {Int16Array<ArrayBuffer>} */ (this.#chunks.shift());
  }
}
