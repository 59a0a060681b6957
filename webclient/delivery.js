/**
 * Deliver sound until all of it is final, over as many connections as that takes.
 * Knows nothing of microphones or the page, nor how a connection comes about.
 */

import { Connector } from "./connector.js";
import { Keeper } from "./keeper.js";
import { resample } from "./pcm.js";
import * as protocol from "./protocol.js";
import { Saver } from "./saver.js";
import { Way } from "./way.js";

/** What the keeper calls a cut, as it is sent. */
const FRAMES = { flush: protocol.flush("pause"), finish: protocol.finish() };

/**
 * @typedef {{language: string, profile: protocol.Profile, prompt: string,
 *   hotwords: string[]}} SessionWishes
 * @typedef {{onReady: () => void, onMessage: (message: protocol.Message) => void,
 *   onBreak: (problem: import("./problems.js").Problem) => void, text: () => unknown}} DeliveryListener
 *   *onBreak*: the connection ended before all was final; `retry` tries again; *text*: what is kept
 *   on this device beside the sound
 */

export class Delivery {
  #listener;
  #keeper = new Keeper(1);
  #saver = new Saver();
  #way = new Way();
  #connector;
  /** @type {SessionWishes | null} */
  #wishes = null;

  /** @param {DeliveryListener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#connector = new Connector(this.#way, {
      onOpen: () => this.#connector.send(this.#opening()),
      onMessage: (message) => this.#receive(message),
      onBreak: (problem) => listener.onBreak(problem),
    });
  }

  /** Sound that is not final yet. */
  get keptSeconds() {
    return this.#keeper.seconds;
  }

  /** Sound that the network did not take yet. */
  get waitingSeconds() {
    return this.#connector.waitingBytes / 2 / this.#keeper.rate;
  }

  /** False while a reload would lose what is not final. */
  get isSaved() {
    return this.#saver.isSaving;
  }

  /**
   * Take over what an earlier page left unfinished.
   * @param {() => boolean} isWanted asked at the last moment
   * @returns {Promise<{text: unknown} | null>} null if there is none
   */
  async restore(isWanted) {
    const found = await this.#saver.find(isWanted);
    if (!found) return null;
    this.#keeper = found.keeper;
    this.#way.cursor = found.cursor;
    this.#wishes = /** @type {SessionWishes} */ (found.wishes);
    return { text: found.text };
  }

  /**
   * Connect and open a session, or go on with one that is not finished.
   * @param {string} token
   * @param {SessionWishes} wishes
   * @param {number} rate samples per second of what will be pushed
   */
  begin(token, wishes, rate) {
    // A session goes on as it was opened: for anything else it takes a new one.
    if (JSON.stringify(wishes) !== JSON.stringify(this.#wishes)) this.#way.cursor = null;
    this.#wishes = wishes;
    if (this.#keeper.rate !== rate) this.#change(rate);
    this.#keeper.withdraw();
    this.#connector.open(token);
  }

  /**
   * Connect and have what is left made final; nothing more is pushed.
   * @param {string} token
   */
  recover(token) {
    this.#keeper.withdraw();
    this.#keeper.order("finish");
    this.#connector.open(token);
  }

  /** @param {Int16Array<ArrayBuffer>} chunk */
  push(chunk) {
    this.#keeper.push(chunk);
    this.#save();
    if (!this.#connector.isReady) return;
    this.#connector.send(chunk);
    this.#connector.watch(this.#keeper.end / this.#keeper.rate);
  }

  /** Have all that was pushed made final, without ending the session. */
  flush() {
    this.#order("flush");
  }

  /** Have all that was pushed made final and end the session. */
  finish() {
    this.#order("finish");
  }

  /**
   * Connect again after a while, longer at every try without success.
   * @param {number} [retryAfterSeconds] what the server asked for
   */
  retry(retryAfterSeconds) {
    this.#connector.retry(retryAfterSeconds);
  }

  /** Give the connection up for another one, which goes on where this one came to. */
  cut() {
    this.#connector.cut();
  }

  /** Connect again at once. */
  retryNow() {
    this.#connector.retryNow();
  }

  /** Let go of the connection; what is not final stays for the next `begin`. */
  hangUp() {
    this.#connector.hangUp();
  }

  /** Forget what is not final, here and on this device. */
  discard() {
    this.#keeper.clear();
    this.#way.cursor = null;
    this.#saver.close();
  }

  /** @param {number} rate of a microphone other than before */
  #change(rate) {
    const { rate: before, places } = this.#keeper;
    const left = this.#keeper.join(Math.max(places.first, places.done));
    this.#saver.close();
    this.#way.cursor = null;
    this.#keeper = new Keeper(rate);
    if (left.length > 0) this.#keeper.push(resample(left, before, rate));
  }

  /** @param {import("./keeper.js").Cut} cut */
  #order(cut) {
    this.#keeper.order(cut);
    if (this.#connector.isReady) this.#connector.send(FRAMES[cut]);
    this.#save();
  }

  /** Give the frame that opens a session, or goes on with one. */
  #opening() {
    const { cursor } = this.#way;
    if (cursor !== null) return protocol.resume(cursor);
    const wishes = /** @type {SessionWishes} */ (this.#wishes);
    return protocol.start({ ...wishes, sampleRate: this.#keeper.rate });
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
    if (this.#connector.isReady) this.#save();
  }

  /** @param {protocol.Bookmark} message */
  #settle({ through, resend_from, cursor = null }) {
    this.#way.cursor = cursor;
    // What no cursor can go back to need not be kept.
    this.#keeper.settle(through, cursor === null ? through : resend_from);
  }

  /** @param {protocol.Ready} ready */
  #go({ through = 0, resend_from = 0, cursor = null }) {
    if (this.#way.cursor === null) this.#keeper.rewind();
    else this.#keeper.resume(through, resend_from);
    this.#way.cursor = cursor;
    for (const piece of this.#keeper.rest(resend_from)) {
      this.#connector.send(typeof piece === "string" ? FRAMES[piece] : piece);
    }
  }

  #save() {
    const [keeper, cursor, wishes] = [this.#keeper, this.#way.cursor, this.#wishes];
    this.#saver.look({ keeper, cursor, wishes, text: this.#listener.text() });
  }
}
