/**
 * Deliver sound until all of it is final, over as many connections as that takes.
 * Knows nothing of microphones or the page.
 */

import { askAdmission } from "./admission.js";
import { Keeper } from "./keeper.js";
import { CLOSE_UNREADABLE, Link } from "./link.js";
import { retryDelayMs } from "./phases.js";
import * as problems from "./problems.js";
import * as protocol from "./protocol.js";

/** Sessions that end one after the other without any progress, before a person has to decide. */
const MAX_LOSSES = 3;

/**
 * @typedef {{token: string, language: string, profile: protocol.Profile, prompt: string,
 *   hotwords: string[]}} SessionWishes
 * @typedef {{onReady: () => void, onMessage: (message: protocol.Message) => void,
 *   onBreak: (problem: problems.Problem) => void}} DeliveryListener
 *   *onBreak*: the connection ended before all was final; `retry` tries again
 */

export class Delivery {
  #listener;
  #keeper = new Keeper(1);
  /** @type {Link | null} */
  #link = null;
  /** @type {SessionWishes | null} */
  #wishes = null;
  /** @type {protocol.ServerError | null} */
  #fatal = null;
  #isReady = false;
  #isFinished = false;
  #flushedUntil = 0;
  #losses = 0;
  #tries = 0;
  #retryTimer = 0;
  #keepaliveTimer = 0;

  /** @param {DeliveryListener} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Sound that is not final yet. */
  get keptSeconds() {
    return this.#keeper.seconds;
  }

  /** Sound that the network did not take yet. */
  get waitingSeconds() {
    return (this.#link?.waitingBytes ?? 0) / 2 / this.#keeper.rate;
  }

  /**
   * Connect and open a session.  What an earlier one left behind goes first.
   * @param {SessionWishes} wishes
   * @param {number} rate samples per second of what will be pushed
   */
  begin(wishes, rate) {
    this.#wishes = wishes;
    this.#isFinished = false;
    this.#losses = this.#tries = 0;
    if (this.#keeper.rate !== rate) this.#keeper = new Keeper(rate);
    this.#connect();
  }

  /** @param {Int16Array<ArrayBuffer>} chunk */
  push(chunk) {
    this.#keeper.push(chunk);
    if (this.#isReady) this.#link?.send(chunk);
  }

  /** Have all that was pushed made final, without ending the session. */
  flush() {
    this.#flushedUntil = this.#keeper.end;
    if (this.#isReady) this.#link?.send(protocol.flush("pause"));
  }

  /** Have all that was pushed made final and end the session. */
  finish() {
    this.#isFinished = true;
    if (this.#isReady) this.#link?.send(protocol.finish());
  }

  /**
   * Connect again after a while, longer at every try without success.
   * @param {number} [retryAfterSeconds] what the server asked for
   */
  retry(retryAfterSeconds) {
    const delay = retryDelayMs(this.#tries, retryAfterSeconds);
    this.#tries += 1;
    this.#retryTimer = window.setTimeout(() => this.#connect(), delay);
  }

  /** Connect again at once. */
  retryNow() {
    this.#tries = 0;
    this.#connect();
  }

  /** Let go of the connection; what is not final stays for the next `begin`. */
  hangUp() {
    clearTimeout(this.#retryTimer);
    clearInterval(this.#keepaliveTimer);
    this.#isReady = false;
    this.#link?.drop();
    this.#link = null;
  }

  /** Forget what is not final. */
  discard() {
    this.#keeper.clear();
  }

  #connect() {
    this.hangUp();
    this.#fatal = null;
    const { token, ...wishes } = /** @type {SessionWishes} */ (this.#wishes);
    const link = new Link(token, {
      onOpen: () => link.send(protocol.start({ ...wishes, sampleRate: this.#keeper.rate })),
      onMessage: (message) => this.#receive(message),
      onClose: (end) => this.#closed(link, end),
    });
    this.#link = link;
  }

  /** @param {protocol.Message} message */
  #receive(message) {
    if (message.type === "ready") this.#replay(message.limits.idle_seconds);
    if (message.type === "final" || message.type === "ack") this.#settle(message.through);
    if (message.type === "flushed") this.#settle(this.#flushedUntil);
    if (message.type === "error" && message.fatal) this.#fatal = message;
    if (message.type === "done") {
      this.discard();
      this.hangUp();
    }
    this.#listener.onMessage(message);
    if (message.type === "ready") this.#listener.onReady();
  }

  /** @param {number} through */
  #settle(through) {
    this.#losses = 0;
    this.#keeper.forget(through);
  }

  /** @param {number} idleSeconds */
  #replay(idleSeconds) {
    this.#isReady = true;
    this.#tries = this.#flushedUntil = 0;
    this.#keeper.rewind();
    for (const chunk of this.#keeper.chunks) this.#link?.send(chunk);
    if (this.#isFinished) this.#link?.send(protocol.finish());
    const beat = () => this.#link?.send(protocol.keepalive());
    this.#keepaliveTimer = window.setInterval(beat, (1000 * idleSeconds) / 3);
  }

  /**
   * @param {Link} link
   * @param {{wasOpen: boolean, code: number}} end
   */
  async #closed(link, end) {
    if (this.#isReady) this.#losses += 1;
    this.#isReady = false;
    clearInterval(this.#keepaliveTimer);
    const problem = await this.#explain(end);
    // A person may have stopped or connected again while the server was asked.
    if (link !== this.#link) return;
    const isPassing = problem.isPassing && this.#losses <= MAX_LOSSES;
    this.#listener.onBreak({ ...problem, isPassing });
  }

  /** @param {{wasOpen: boolean, code: number}} end */
  async #explain({ wasOpen, code }) {
    if (code === CLOSE_UNREADABLE) return problems.UNREADABLE;
    if (wasOpen) return problems.closing(code, this.#fatal);
    return problems.refusal(await askAdmission(this.#wishes?.token ?? ""));
  }
}
