/**
 * Keep sound until it is final, and the orders to cut it, so that a broken connection loses none.
 * Knows nothing of microphones, sockets or messages.
 *
 * A position counts samples per channel since the session began, as the server does; a place counts
 * those of all channels since the dictation began, over as many sessions as it takes.
 */

/**
 * @typedef {Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>} Chunk
 * @typedef {"flush" | "finish"} Cut
 * @typedef {{place: number, cut: Cut, isAnswered: boolean, id?: string}} Order
 * @typedef {{origin: number, first: number, through: number, done: number, orders: Order[]}} Places
 *   all but the sound: where the session began, where the kept sound begins, what the server said
 *   to be final, and the same with what an answered flush says
 */

export class Keeper {
  /** @type {Chunk[]} */
  #chunks = [];
  /** @type {Places} */
  #places = { origin: 0, first: 0, through: 0, done: 0, orders: [] };
  #end = 0;

  /**
   * @param {number} rate samples per second and channel of all that is kept
   * @param {number} [channels] interleaved
   */
  constructor(rate, channels = 1) {
    this.rate = rate;
    this.channels = channels;
  }

  /**
   * Keep again what another page kept.
   * @param {number} rate
   * @param {Places} places
   * @param {[place: number, chunk: Chunk][]} sound oldest first; it may begin earlier
   */
  static of(rate, places, sound) {
    const keeper = new Keeper(rate);
    const needed = sound.filter(([place, chunk]) => place + chunk.length > places.first);
    const first = needed.length > 0 ? needed[0][0] : places.first;
    keeper.#places = { ...places, first };
    keeper.#end = first;
    for (const [, chunk] of needed) keeper.push(chunk);
    keeper.#forget(places.first);
    return keeper;
  }

  /** The place just after the last sample. */
  get end() {
    return this.#end;
  }

  /** How much is not final yet. */
  get seconds() {
    const { first, done } = this.#places;
    return Math.max(0, this.#end - Math.max(first, done)) / this.channels / this.rate;
  }

  /** What is kept, oldest first. */
  get chunks() {
    return [...this.#chunks];
  }

  /** What of it is not final, oldest first: all that a session that failed leaves over. */
  get unfinished() {
    const { first, done } = this.#places;
    return this.#from(Math.max(first, done));
  }

  /** Where all stands; a new value after every change but `push`. */
  get places() {
    return this.#places;
  }

  /** @param {Chunk} chunk */
  push(chunk) {
    this.#chunks.push(chunk);
    this.#end += chunk.length;
  }

  /**
   * Let what is pushed begin later than a session did, whose first part somebody else had.
   * @param {number} position
   */
  begin(position) {
    const first = position * this.channels;
    this.#end = first;
    this.#note({ first });
  }

  /**
   * Keep the order to cut here, which has to come again at its place.
   * @param {Cut} cut
   * @param {string} [id] of a flush
   */
  order(cut, id) {
    const order = { place: this.#end, cut, isAnswered: false, id };
    this.#note({ orders: [...this.#places.orders, order] });
  }

  /** Forget the orders to finish: it goes on. */
  withdraw() {
    this.#note({ orders: this.#places.orders.filter(({ cut }) => cut !== "finish") });
  }

  /** The oldest flush was answered.  It is forgotten once the server can go on from behind it. */
  answer() {
    const { orders } = this.#places;
    const flush = orders.find(({ cut, isAnswered }) => cut === "flush" && !isAnswered);
    if (!flush) return;
    const others = orders.map((order) => (order === flush ? { ...order, isAnswered: true } : order));
    this.#note({ orders: others, done: Math.max(this.#places.done, flush.place) });
  }

  /**
   * All before *through* is final, and nothing before *resendFrom* has to come again.
   * @param {number} through a position
   * @param {number} [resendFrom] a position, at most *through*
   */
  settle(through, resendFrom = through) {
    const place = this.#placeOf(through);
    this.#note({
      through: Math.max(this.#places.through, place),
      done: Math.max(this.#places.done, place),
    });
    this.#forget(this.#placeOf(resendFrom));
  }

  /**
   * The session goes on in another connection, which knows nothing of earlier answers.
   * @param {number} through a position
   * @param {number} resendFrom a position
   */
  resume(through, resendFrom) {
    this.settle(through, resendFrom);
    const { orders } = this.#places;
    this.#note({ orders: orders.map((order) => ({ ...order, isAnswered: false })) });
  }

  /** Forget all. */
  clear() {
    this.#forget(this.#end);
    this.#note({ through: this.#end, done: this.#end, orders: [] });
  }

  /** Begin a new session, in which what is not final comes first. */
  rewind() {
    this.#forget(this.#places.done);
    const { first, orders } = this.#places;
    this.#note({
      origin: first,
      through: first,
      done: first,
      orders: orders.filter(({ isAnswered }) => !isAnswered),
    });
  }

  /**
   * Give what has to be sent again, in order.  A flush whose cut is final already, but not its
   * answer, comes where the session stands.
   * @param {number} resendFrom the position that the server asks for
   * @returns {(Chunk | Cut)[]}
   */
  rest(resendFrom) {
    const { first, through } = this.#places;
    const orders = this.#places.orders.map(({ place, cut }) => ({
      place: Math.max(place, through),
      cut,
    }));
    /** @type {(Chunk | Cut)[]} */
    const rest = [];
    let at = Math.max(first, this.#placeOf(resendFrom));
    for (const chunk of this.#from(at)) {
      let left = chunk;
      while (orders.length > 0 && orders[0].place < at + left.length) {
        const { place, cut } = /** @type {typeof orders[0]} */ (orders.shift());
        if (place > at) rest.push(left.subarray(0, place - at));
        rest.push(cut);
        left = left.subarray(place - at);
        at = place;
      }
      rest.push(left);
      at += left.length;
    }
    return [...rest, ...orders.map(({ cut }) => cut)];
  }

  /**
   * Give the kept sound from a place on in one piece, where all of it is 16-bit samples.
   * @param {number} place not before what is kept
   * @returns {Int16Array<ArrayBuffer>}
   */
  join(place) {
    const joined = new Int16Array(this.#end - place);
    let at = 0;
    for (const chunk of this.#from(place)) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    return joined;
  }

  /**
   * @param {number} place
   * @returns {Chunk[]}
   */
  #from(place) {
    let at = this.#places.first;
    const parts = [];
    for (const chunk of this.#chunks) {
      if (at + chunk.length > place) parts.push(chunk.subarray(Math.max(place - at, 0)));
      at += chunk.length;
    }
    return parts;
  }

  /** @param {number} place */
  #forget(place) {
    let { first } = this.#places;
    while (this.#chunks.length > 0 && first + this.#chunks[0].length <= place) {
      first += /** @type {Chunk} */ (this.#chunks.shift()).length;
    }
    if (this.#chunks.length > 0 && first < place) {
      this.#chunks[0] = this.#chunks[0].slice(place - first);
      first = place;
    }
    const orders = this.#places.orders.filter(
      (order) => !order.isAnswered || order.place > this.#places.through,
    );
    this.#note({ first, orders });
  }

  /** @param {number} position */
  #placeOf(position) {
    return this.#places.origin + this.channels * position;
  }

  /** @param {Partial<Places>} news */
  #note(news) {
    this.#places = { ...this.#places, ...news };
  }
}
