/**
 * Deliver sound until all of it is final, over as many connections as that takes.
 * Knows nothing of microphones or the page.
 */

import { askAdmission } from "./admission.js";
import { Keeper } from "./keeper.js";
import { CLOSE_LOST, CLOSE_UNREADABLE, Link } from "./link.js";
import { resample } from "./pcm.js";
import { retryDelayMs } from "./phases.js";
import * as problems from "./problems.js";
import * as protocol from "./protocol.js";
import { Saver } from "./saver.js";
import { Stall } from "./stall.js";
import { Way } from "./way.js";

/** Connections that end one after the other without any progress, before a person has to decide. */
const MAX_LOSSES = 3;

/** What the keeper calls a cut, as it is sent. */
const FRAMES = { flush: protocol.flush("pause"), finish: protocol.finish() };

/**
 * @typedef {{language: string, profile: protocol.Profile, prompt: string,
 *   hotwords: string[]}} SessionWishes
 * @typedef {{onReady: () => void, onMessage: (message: protocol.Message) => void,
 *   onBreak: (problem: problems.Problem) => void, text: () => unknown}} DeliveryListener
 *   *onBreak*: the connection ended before all was final; `retry` tries again; *text*: what is kept
 *   on this device beside the sound
 */

export class Delivery {
  #listener;
  #keeper = new Keeper(1);
  #saver = new Saver();
  #way = new Way();
  #token = "";
  /** @type {Link | null} */
  #link = null;
  /** @type {SessionWishes | null} */
  #wishes = null;
  /** @type {protocol.ServerError | null} */
  #fatal = null;
  #isReady = false;
  #stall = new Stall();
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
    this.#open(token);
  }

  /**
   * Connect and have what is left made final; nothing more is pushed.
   * @param {string} token
   */
  recover(token) {
    this.#keeper.withdraw();
    this.#keeper.order("finish");
    this.#open(token);
  }

  /** @param {Int16Array<ArrayBuffer>} chunk */
  push(chunk) {
    this.#keeper.push(chunk);
    this.#save();
    if (!this.#isReady || !this.#link) return;
    this.#link.send(chunk);
    const { end, rate } = this.#keeper;
    if (this.#stall.look(this.#link, end / rate, navigator.onLine)) this.cut();
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
    const delay = retryDelayMs(this.#tries, retryAfterSeconds);
    this.#tries += 1;
    this.#retryTimer = window.setTimeout(() => this.#connect(), delay);
  }

  /** Give the connection up for another one, which goes on where this one came to. */
  cut() {
    this.hangUp();
    this.#losses += 1;
    this.#break(problems.closing(CLOSE_LOST, null));
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

  /** Forget what is not final, here and on this device. */
  discard() {
    this.#keeper.clear();
    this.#way.cursor = null;
    this.#saver.close();
  }

  /** @param {string} token */
  #open(token) {
    this.#token = token;
    this.#losses = this.#tries = 0;
    this.#connect();
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
    if (this.#isReady) this.#link?.send(FRAMES[cut]);
    this.#save();
  }

  #connect() {
    this.hangUp();
    this.#fatal = null;
    const { cursor } = this.#way;
    const wishes = /** @type {SessionWishes} */ (this.#wishes);
    const start = () => protocol.start({ ...wishes, sampleRate: this.#keeper.rate });
    const presented = this.#way.credential(this.#token);
    const link = new Link(presented, {
      onOpen: () => link.send(cursor === null ? start() : protocol.resume(cursor)),
      onMessage: (message) => this.#receive(message),
      onClose: (end) => this.#closed(link, presented, end),
    });
    this.#link = link;
  }

  /** @param {protocol.Message} message */
  #receive(message) {
    if (message.type === "ready") this.#go(message);
    if (message.type === "final" || message.type === "ack") this.#settle(message);
    if (message.type === "flushed") this.#keeper.answer();
    if (message.type === "error" && message.fatal) this.#fatal = message;
    if (message.type === "done") {
      this.discard();
      this.hangUp();
    }
    this.#listener.onMessage(message);
    if (message.type === "ready") this.#listener.onReady();
    if (this.#isReady) this.#save();
  }

  /** @param {protocol.Bookmark} message */
  #settle({ through, resend_from, cursor = null }) {
    this.#losses = 0;
    this.#way.cursor = cursor;
    // What no cursor can go back to need not be kept.
    this.#keeper.settle(through, cursor === null ? through : resend_from);
  }

  /** @param {protocol.Ready} ready */
  #go({ limits, through = 0, resend_from = 0, cursor = null }) {
    this.#isReady = true;
    this.#stall = new Stall();
    this.#tries = 0;
    if (this.#way.cursor === null) this.#keeper.rewind();
    else this.#keeper.resume(through, resend_from);
    this.#way.cursor = cursor;
    for (const piece of this.#keeper.rest(resend_from)) {
      this.#link?.send(typeof piece === "string" ? FRAMES[piece] : piece);
    }
    const beat = () => this.#link?.send(protocol.keepalive());
    this.#keepaliveTimer = window.setInterval(beat, (1000 * limits.idle_seconds) / 3);
  }

  #save() {
    const [keeper, cursor, wishes] = [this.#keeper, this.#way.cursor, this.#wishes];
    this.#saver.look({ keeper, cursor, wishes, text: this.#listener.text() });
  }

  /**
   * @param {Link} link
   * @param {string} presented
   * @param {{wasOpen: boolean, code: number}} end
   */
  async #closed(link, presented, end) {
    const wasReady = this.#isReady;
    if (wasReady) this.#losses += 1;
    this.#isReady = false;
    clearInterval(this.#keepaliveTimer);
    const answer = end.wasOpen ? null : await askAdmission(presented);
    // A person may have stopped or connected again while the server was asked.
    if (link !== this.#link) return;
    const isWorthATry = end.wasOpen
      ? this.#fatal && this.#way.fail(this.#fatal, wasReady)
      : this.#way.refuse(presented, answer);
    if (isWorthATry) return this.#connect();
    this.#break(this.#explain(end, answer));
  }

  /** @param {problems.Problem} problem */
  #break(problem) {
    const isPassing = problem.isPassing && this.#losses <= MAX_LOSSES;
    this.#listener.onBreak({ ...problem, isPassing });
  }


  /**
   * @param {{wasOpen: boolean, code: number}} end
   * @param {import("./admission.js").Answer | null} answer
   */
  #explain({ wasOpen, code }, answer) {
    if (code === CLOSE_UNREADABLE) return problems.UNREADABLE;
    return wasOpen ? problems.closing(code, this.#fatal) : problems.refusal(answer);
  }
}
