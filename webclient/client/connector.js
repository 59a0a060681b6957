/**
 * Get a connection to the server, over as many tries as that takes, and say why there is none.
 * Knows credentials, sockets and what their end means; knows nothing of sound.
 */

import { retryDelayMs } from "./backoff.js";
import { failureInSession, failureToOpen, SessionFailed } from "./failures.js";
import { CLOSE_LOST, CLOSE_UNREADABLE, Link } from "./link.js";
import { keepalive } from "./protocol.js";
import { Stall } from "./stall.js";

/** Connections that end one after the other without any progress, before a person has to decide. */
const MAX_LOSSES = 3;

/**
 * @typedef {import("./failures.js").DictationError} DictationError
 * @typedef {{onOpen: () => void, onMessage: (message: import("./protocol.js").Message) => void,
 *   onUnreadable: (error: unknown) => void,
 *   onBreak: (failure: DictationError, isPassing: boolean) => void}} ConnectorListener
 *   *onOpen*: the server waits for the first frame; *onUnreadable*: it sent what is no message;
 *   *onBreak*: there is no connection any more, or none came about; *isPassing*: worth another try
 */

export class Connector {
  /** True while the server takes sound. */
  isReady = false;
  #server;
  #way;
  #listener;
  /** @type {import("./tokens.js").TokenSource} */
  #tokens = async () => ({ token: "" });
  /** Counts whatever ends a try, so that one that was waiting knows itself overtaken. */
  #attempt = 0;
  /** @type {Link | null} */
  #link = null;
  /** @type {import("./protocol.js").ServerError | null} */
  #fatal = null;
  /** What the server sent that is no message. @type {unknown} */
  #unreadable = null;
  #stall = new Stall();
  #losses = 0;
  #tries = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #keepaliveTimer;

  /**
   * @param {import("./server.js").Server} server
   * @param {import("./way.js").Way} way
   * @param {ConnectorListener} listener
   */
  constructor(server, way, listener) {
    this.#server = server;
    this.#way = way;
    this.#listener = listener;
  }

  /** Bytes that wait for the network. */
  get waitingBytes() {
    return this.#link?.waitingBytes ?? 0;
  }

  /**
   * Connect for the first time.
   * @param {import("./tokens.js").TokenSource} tokens
   */
  open(tokens) {
    this.#tokens = tokens;
    this.#losses = this.#tries = 0;
    this.#connect();
  }

  /**
   * Connect again after a while, longer at every try without success.
   * @param {number} [retryAfterSeconds] what the server asked for
   * @returns {number} how long that is, in milliseconds
   */
  retry(retryAfterSeconds) {
    const delayMs = retryDelayMs(this.#tries, retryAfterSeconds);
    this.#tries += 1;
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
    return delayMs;
  }

  /** Connect again at once. */
  retryNow() {
    this.#tries = 0;
    this.#connect();
  }

  /** @param {string | import("./keeper.js").Chunk} frame */
  send(frame) {
    this.#link?.send(frame);
  }

  /**
   * Give the connection up if the network has taken nothing for too long.
   * @param {number} seconds until now
   */
  watch(seconds) {
    // Only browsers know, and they err on the side of being online.
    const isOnline = globalThis.navigator?.onLine !== false;
    if (this.#link && this.#stall.look(this.#link, seconds, isOnline)) this.cut();
  }

  /** Give the connection up for another one, which goes on where this one came to. */
  cut() {
    this.hangUp();
    this.#losses += 1;
    this.#break(failureInSession(CLOSE_LOST, null));
  }

  /** Let go of the connection, and of one that is still to come. */
  hangUp() {
    this.#attempt += 1;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#keepaliveTimer);
    this.isReady = false;
    this.#link?.drop();
    this.#link = null;
  }

  async #connect() {
    this.hangUp();
    this.#fatal = this.#unreadable = null;
    const attempt = this.#attempt;
    const cursor = this.#way.credential("");
    // A cursor is good for its own session, and there is no other token to be had for it.
    const pass = cursor ? { token: cursor } : await this.#tokens();
    if (attempt !== this.#attempt) return;
    if (pass.token === undefined) this.#break(pass.failure);
    else this.#dial(pass.token, pass.madeWith);
  }

  /**
   * @param {string} presented
   * @param {string} [madeWith]
   */
  #dial(presented, madeWith) {
    this.#link = new Link(this.#server.socketUrl, presented, {
      onOpen: () => this.#listener.onOpen(),
      onMessage: (message) => this.#receive(message),
      onUnreadable: (error) => {
        this.#unreadable = error;
        this.#listener.onUnreadable(error);
      },
      onClose: ({ wasOpen, code }) =>
        wasOpen ? this.#ended(code) : this.#refused(presented, madeWith),
    });
  }

  /** @param {import("./protocol.js").Message} message */
  #receive(message) {
    if (message.type === "ready") this.#serve(message.limits.idle_seconds);
    if (message.type === "final" || message.type === "ack") this.#losses = 0;
    if (message.type === "error" && message.fatal) this.#fatal = message;
    this.#listener.onMessage(message);
  }

  /** @param {number} idleSeconds after which the server would hang up */
  #serve(idleSeconds) {
    this.isReady = true;
    this.#stall = new Stall();
    this.#tries = 0;
    const beat = () => this.send(keepalive());
    this.#keepaliveTimer = setInterval(beat, (1000 * idleSeconds) / 3);
  }

  /** @param {number} code with which an open connection was closed */
  #ended(code) {
    const wasReady = this.isReady;
    if (wasReady) this.#losses += 1;
    this.isReady = false;
    clearInterval(this.#keepaliveTimer);
    if (this.#fatal && this.#way.fail(this.#fatal, wasReady)) this.#connect();
    else this.#break(this.#failure(code));
  }

  /** @param {number} code */
  #failure(code) {
    if (code !== CLOSE_UNREADABLE) return failureInSession(code, this.#fatal);
    const found = this.#unreadable instanceof Error ? this.#unreadable.message : "found no message";
    return new SessionFailed("unreadable", found, code, { cause: this.#unreadable });
  }

  /**
   * @param {string} presented
   * @param {string} [madeWith]
   */
  async #refused(presented, madeWith = presented) {
    const attempt = this.#attempt;
    const answer = await this.#server.askAdmission(madeWith);
    // A person may have stopped or connected again while the server was asked.
    if (attempt !== this.#attempt) return;
    if (this.#way.refuse(madeWith, answer)) return this.#connect();
    if (madeWith === presented || answer?.status !== 200 || this.#tries > 0) {
      return this.#break(failureToOpen(answer));
    }
    // Its maker is welcome: what was made is spent, expired, or unknown to another server.
    this.#tries += 1;
    return this.#connect();
  }

  /** @param {DictationError} failure */
  #break(failure) {
    this.#listener.onBreak(failure, failure.isPassing && this.#losses <= MAX_LOSSES);
  }
}
