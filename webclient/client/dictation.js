/**
 * One dictation as a program sees it: sound in, events out, until all is final.
 * Knows its course; knows nothing of how sound is delivered, or where it comes from.
 */

import { Deferred } from "./deferred.js";
import { Delivery } from "./delivery.js";
import { DictationTarget } from "./events.js";
import { DictationError } from "./failures.js";
import { Keeper } from "./keeper.js";
import { toChunk } from "./samples.js";
import { Server } from "./server.js";
import { tokenSource } from "./tokens.js";

/** Sound that may wait for its final before `send` asks for patience; no utterance is as long. */
const HOLD_SECONDS = 60;

const GIVE_UP_SECONDS = 120;

/** A connection that lasted so long, and left nothing open, is another matter than the next one. */
const STEADY_MS = 30_000;

/**
 * @typedef {import("./protocol.js").Done} Done
 * @typedef {import("./protocol.js").Flushed} Flushed
 * @typedef {import("./protocol.js").Ready} Ready
 * @typedef {"opening" | "open" | "interrupted" | "over"} State
 * @typedef {{token?: string | (() => string | Promise<string>), resume?: string | null,
 *   giveUpSeconds?: number, signal?: AbortSignal}} ClientOptions
 *   *token*: or a function that is asked for one before each new session; *resume*: the cursor of a
 *   session to go on with; *giveUpSeconds*: for how long a broken connection is made anew without
 *   anything becoming final, 0 for never; *signal*: ends it at once
 * @typedef {import("./protocol.js").Start & ClientOptions} Options every other one is a field of
 *   the protocol's `start`
 */

export class Dictation extends DictationTarget {
  /** @type {State} */
  #state = "opening";
  #delivery;
  #encoding;
  #channels;
  #giveUpMs;
  /** @type {AbortSignal | undefined} */
  #signal;
  /** @type {Ready | null} */
  #ready = null;
  /** @type {Deferred<void>} */
  #opened = new Deferred();
  /** @type {Deferred<Done>} */
  #end = new Deferred();
  /** @type {unknown} */
  #failure = null;
  #isFinishing = false;
  #flushes = 0;
  /** @type {{id: string, answer: Deferred<Flushed>}[]} */
  #flushing = [];
  /** Set while `send` asks to be waited for. @type {Deferred<void> | null} */
  #hold = null;
  #readyAt = 0;
  /** When the first of the breaks came, since which nothing became final. @type {number | null} */
  #troubleSince = null;

  /**
   * @param {string | URL} url
   * @param {Options} options
   */
  constructor(url, { token, resume = null, giveUpSeconds, signal, ...start }) {
    super();
    signal?.throwIfAborted();
    const { encoding = "s16le", channels = 1, sample_rate = 16_000 } = start;
    this.#encoding = encoding;
    this.#channels = channels;
    this.#giveUpMs = 1000 * (giveUpSeconds ?? GIVE_UP_SECONDS);
    this.#signal = signal;
    const server = new Server(url);
    this.#delivery = new Delivery(server, this.#listener(), () => performance.now() / 1000);
    this.#delivery.adopt(new Keeper(sample_rate, channels), resume);
    this.#delivery.open(tokenSource(server, token), start);
    signal?.addEventListener("abort", this.#onAbort);
    globalThis.addEventListener?.("online", this.#onOnline);
  }

  /**
   * Connect and open a session; `connect` says all of it.
   * @param {string | URL} url
   * @param {Options} options
   * @returns {Promise<Dictation>}
   */
  static async open(url, options) {
    const dictation = new Dictation(url, options);
    await dictation.#opened.promise;
    return dictation;
  }

  /** What the server said last when it opened the session, or went on with it. */
  get ready() {
    return /** @type {Ready} */ (this.#ready);
  }

  /** `interrupted` while the connection is away and made anew; `over` after `done` or an error. */
  get state() {
    return this.#state;
  }

  /** What another program needs to go on with this session; a secret; null if it cannot be. */
  get cursor() {
    return this.#delivery.cursor;
  }

  /** How much sound was sent and is not final yet. */
  get unfinishedSeconds() {
    return this.#delivery.keptSeconds;
  }

  /** The sound that was sent and is not final yet, as it was sent. */
  get unfinished() {
    return this.#delivery.keeper.unfinished;
  }

  /**
   * Send sound in the declared encoding; while there is no connection it is kept, and sent then.
   * @param {import("./samples.js").Sound} sound any length of whole samples; floats are converted
   *   if the encoding is `s16le`
   * @returns {Promise<void>} to be awaited by whoever sends faster than somebody speaks: settled
   *   once the server has caught up.  It is never rejected
   * @throws {unknown} what ended the dictation, if it is over
   * @throws {TypeError | RangeError} if these are no whole samples of the encoding
   */
  send(sound) {
    this.#checkOpen();
    const chunk = toChunk(sound, this.#encoding, this.#channels);
    if (chunk.length > 0) this.#delivery.push(chunk);
    if (this.#delivery.keptSeconds <= HOLD_SECONDS) return Promise.resolve();
    this.#hold ??= new Deferred();
    return this.#hold.promise;
  }

  /**
   * Have all that was sent made final, even in the midst of a word; the dictation goes on.
   * @param {string} [id] at most 200 characters, and unlike those of others
   * @returns {Promise<Flushed>} settled when all of it is final; rejected if that will not be
   * @throws {unknown} what ended the dictation, if it is over
   */
  flush(id = `flush-${(this.#flushes += 1)}`) {
    this.#checkOpen();
    const answer = /** @type {Deferred<Flushed>} */ (new Deferred());
    this.#flushing.push({ id, answer });
    this.#delivery.flush(id);
    return answer.promise;
  }

  /**
   * Have all that was sent made final, and end the dictation.
   * @returns {Promise<Done>} settled when all is final; rejected with what ended it before
   */
  finish() {
    if (this.#state !== "over" && !this.#isFinishing) this.#delivery.finish();
    this.#isFinishing = true;
    return this.#end.promise;
  }

  /** End the dictation at once; what is not final yet is not waited for. */
  close() {
    this.#fail(new DictationError("closed", "closed before all was final"));
  }

  /** @returns {import("./delivery.js").DeliveryListener} */
  #listener() {
    return {
      onReady: () => this.#opened.resolve(),
      onMessage: (message) => this.#receive(message),
      onUnreadable: () => {}, // the failure that follows holds it
      onBreak: (failure, isPassing) => this.#broken(failure, isPassing),
    };
  }

  #onAbort = () => this.#fail(this.#signal?.reason);

  /** The network was away and is back: a connection from before may be dead without knowing it. */
  #onOnline = () => {
    if (this.#state === "open") this.#delivery.cut();
    if (this.#state === "interrupted") this.#delivery.retryNow();
  };

  #checkOpen() {
    if (this.#state === "over") throw this.#failure;
    if (!this.#isFinishing) return;
    throw new DictationError("bad_order", "found more after finish, expected nothing");
  }

  /** @param {import("./protocol.js").Message} message */
  #receive(message) {
    if (message.type === "ready") this.#welcome(message);
    if (message.type === "final" || message.type === "ack") this.#troubleSince = null;
    if (this.#delivery.keptSeconds <= HOLD_SECONDS) this.#release();
    if (message.type === "flushed" && !this.#answer(message)) return;
    if (message.type === "done") this.#leave(new DictationError("closed", "all is final"));
    // A fatal one is told once its connection is closed; one that is not is no more than a warning.
    if (message.type !== "error") this.#tell(message.type, message);
    else if (!message.fatal) this.#tell("warning", { ...message, type: "warning" });
    if (message.type === "done") this.#end.resolve(message);
  }

  /** @param {Ready} ready */
  #welcome(ready) {
    this.#ready = ready;
    this.#readyAt = performance.now();
    this.#state = "open";
  }

  /**
   * @param {Flushed} flushed
   * @returns {boolean} false if it was answered before, in a connection that broke since
   */
  #answer(flushed) {
    const answered = this.#flushing.filter(({ id }) => id === flushed.id);
    this.#flushing = this.#flushing.filter(({ id }) => id !== flushed.id);
    for (const { answer } of answered) answer.resolve(flushed);
    return answered.length > 0;
  }

  /**
   * @param {DictationError} failure
   * @param {boolean} isPassing
   */
  #broken(failure, isPassing) {
    const now = performance.now();
    const isSteady = now - this.#readyAt > STEADY_MS && this.#delivery.keptSeconds === 0;
    if (isSteady && this.#state === "open") this.#troubleSince = null;
    this.#troubleSince ??= now;
    const leftMs = this.#troubleSince + this.#giveUpMs - now;
    const isWorthATry = (isPassing || (isSteady && failure.isPassing)) && leftMs > 0;
    if (this.#state === "opening") return this.#fail(failure);
    const delayMs = isWorthATry ? this.#delivery.retry(failure.retryAfterSeconds) : Infinity;
    if (delayMs > leftMs) {
      this.#fail(failure);
      return this.#tell("error", failure);
    }
    this.#state = "interrupted";
    return this.#tell("interrupted", { error: failure, retryInSeconds: delayMs / 1000 });
  }

  /** @param {unknown} reason */
  #fail(reason) {
    if (this.#state === "over") return;
    this.#leave(reason);
    this.#opened.reject(reason);
    this.#end.reject(reason);
  }

  /** @param {unknown} reason why nothing more can be done */
  #leave(reason) {
    this.#state = "over";
    this.#failure = reason;
    this.#delivery.hangUp();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    globalThis.removeEventListener?.("online", this.#onOnline);
    this.#release();
    for (const { answer } of this.#flushing) answer.reject(reason);
  }

  /**
   * @template {keyof import("./events.js").Details} K
   * @param {K} type
   * @param {import("./events.js").Details[K]} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #release() {
    this.#hold?.resolve();
    this.#hold = null;
  }
}
