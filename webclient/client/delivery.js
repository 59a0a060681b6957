/**
 * Deliver sound until all of it is final, over as many connections as that takes.
 * Knows nothing of where the sound comes from, nor how a connection comes about.
 */

import { Connector } from "./connector.js";
import { Keeper } from "./keeper.js";
import * as protocol from "./protocol.js";
import { Way } from "./way.js";

/**
 * @typedef {import("./keeper.js").Chunk} Chunk
 * @typedef {{onReady: () => void, onMessage: (message: protocol.Message) => void,
 *   onUnreadable: (error: unknown) => void,
 *   onBreak: (failure: import("./failures.js").DictationError, isPassing: boolean) => void
 *   }} DeliveryListener
 *   *onUnreadable*: the server sent what is no message; *onBreak*: the connection ended before all
 *   was final; `retry` tries again, which is worth it if *isPassing*
 */

export class Delivery {
  #listener;
  #clock;
  #connector;
  #way = new Way();
  #keeper = new Keeper(1);
  /** @type {protocol.Start} */
  #start = {};
  /** Bytes that a frame may have. */
  #frameBytes = Infinity;

  /**
   * @param {import("./server.js").Server} server
   * @param {DeliveryListener} listener
   * @param {() => number} [clock] gives seconds, to notice by when a network takes nothing any
   *   more; without one, sound that comes as it is spoken is a clock
   */
  constructor(server, listener, clock) {
    this.#listener = listener;
    this.#clock = clock ?? (() => this.#keeper.end / this.#keeper.channels / this.#keeper.rate);
    this.#connector = new Connector(server, this.#way, {
      onOpen: () => this.#connector.send(this.#opening()),
      onMessage: (message) => this.#receive(message),
      onUnreadable: (error) => listener.onUnreadable(error),
      onBreak: (failure, isPassing) => listener.onBreak(failure, isPassing),
    });
  }

  /** What is not final yet. */
  get keeper() {
    return this.#keeper;
  }

  /** The session's last place; null without a session to go on with. */
  get cursor() {
    return this.#way.cursor;
  }

  /** Sound that is not final yet. */
  get keptSeconds() {
    return this.#keeper.seconds;
  }

  /** Bytes that the network did not take yet. */
  get waitingBytes() {
    return this.#connector.waitingBytes;
  }

  /**
   * Go on with what somebody kept.
   * @param {Keeper} keeper
   * @param {string | null} cursor null to open a new session, in which what is kept comes first
   */
  adopt(keeper, cursor) {
    this.#keeper = keeper;
    this.#way.cursor = cursor;
  }

  /**
   * Connect and open a session, or go on with one that is not finished.
   * @param {import("./tokens.js").TokenSource} tokens
   * @param {protocol.Start} start how to open a new one
   */
  open(tokens, start) {
    this.#start = start;
    this.#connector.open(tokens);
  }

  /** @param {Chunk} chunk which is kept as it is, and must not change */
  push(chunk) {
    this.#keeper.push(chunk);
    this.onChange();
    if (!this.#connector.isReady) return;
    this.#send(chunk);
    this.#connector.watch(this.#clock());
  }

  /**
   * Have all that was pushed made final, without ending the session.
   * @param {string} id
   */
  flush(id) {
    this.#order("flush", id);
  }

  /** Have all that was pushed made final and end the session. */
  finish() {
    this.#order("finish");
  }

  /**
   * Connect again after a while, longer at every try without success.
   * @param {number} [retryAfterSeconds] what the server asked for
   * @returns {number} how long that is, in milliseconds
   */
  retry(retryAfterSeconds) {
    return this.#connector.retry(retryAfterSeconds);
  }

  /** Give the connection up for another one, which goes on where this one came to. */
  cut() {
    this.#connector.cut();
  }

  /** Connect again at once. */
  retryNow() {
    this.#connector.retryNow();
  }

  /** Let go of the connection; what is not final stays for the next `open`. */
  hangUp() {
    this.#connector.hangUp();
  }

  /** Forget what is not final. */
  discard() {
    this.#keeper.clear();
    this.#way.cursor = null;
  }

  /** What has to be kept, or how the session goes on, may have changed. @protected */
  onChange() {}

  /**
   * @param {import("./keeper.js").Cut} cut
   * @param {string} [id]
   */
  #order(cut, id) {
    this.#keeper.order(cut, id);
    if (this.#connector.isReady) this.#connector.send(frameOf(cut, id));
    this.onChange();
  }

  /** Give the frame that opens a session, or goes on with one. */
  #opening() {
    const { cursor } = this.#way;
    return cursor === null ? protocol.start(this.#start) : protocol.resume(cursor);
  }

  /** @param {protocol.Message} message */
  #receive(message) {
    if (message.type === "ready") this.#go(message);
    if (message.type === "final" || message.type === "ack") this.#settle(message);
    if (message.type === "flushed") this.#keeper.answer();
    if (message.type === "done") {
      this.discard();
      this.hangUp();
    }
    this.#listener.onMessage(message);
    if (message.type === "ready") this.#listener.onReady();
    if (this.#connector.isReady) this.onChange();
  }

  /** @param {protocol.Bookmark} message */
  #settle({ through, resend_from, cursor = null }) {
    this.#way.cursor = cursor;
    // What no cursor can go back to need not be kept.
    this.#keeper.settle(through, cursor === null ? through : resend_from);
  }

  /** @param {protocol.Ready} ready */
  #go({ through = 0, resend_from = 0, cursor = null, limits }) {
    this.#frameBytes = limits.frame_bytes;
    if (this.#keeper.end === 0) this.#keeper.begin(resend_from);
    if (this.#way.cursor === null) this.#keeper.rewind();
    else this.#keeper.resume(through, resend_from);
    this.#way.cursor = cursor;
    // In the order of their places, as they come in the rest.
    const ids = this.#keeper.places.orders.map(({ id }) => id);
    for (const piece of this.#keeper.rest(resend_from)) {
      if (typeof piece === "string") this.#connector.send(frameOf(piece, ids.shift()));
      else this.#send(piece);
    }
  }

  /** @param {Chunk} chunk */
  #send(chunk) {
    const step = frameSamples(this.#frameBytes, chunk, this.#keeper.channels);
    for (let at = 0; at < chunk.length; at += step) {
      this.#connector.send(chunk.length > step ? chunk.subarray(at, at + step) : chunk);
    }
  }
}

/**
 * @param {import("./keeper.js").Cut} cut
 * @param {string} [id]
 */
function frameOf(cut, id) {
  return cut === "flush" ? protocol.flush(id) : protocol.finish();
}

/**
 * Give how many samples make the longest frame of whole ones.
 * @param {number} frameBytes
 * @param {Chunk} chunk
 * @param {number} channels
 */
function frameSamples(frameBytes, chunk, channels) {
  const whole = chunk.BYTES_PER_ELEMENT * channels;
  return Math.max(1, Math.floor(frameBytes / whole)) * channels;
}
