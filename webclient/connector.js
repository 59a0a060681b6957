/**
 * Get a connection to the server, over as many tries as that takes, and say why there is none.
 * Knows credentials, sockets and what their end means; knows nothing of sound.
 */

import { askAdmission, exchange } from "./admission.js";
import { CLOSE_LOST, CLOSE_UNREADABLE, Link } from "./link.js";
import { retryDelayMs } from "./phases.js";
import * as problems from "./problems.js";
import { keepalive } from "./protocol.js";
import { Stall } from "./stall.js";

/** Connections that end one after the other without any progress, before a person has to decide. */
const MAX_LOSSES = 3;

/**
 * @typedef {{onOpen: () => void, onMessage: (message: import("./protocol.js").Message) => void,
 *   onBreak: (problem: problems.Problem) => void}} ConnectorListener
 *   *onOpen*: the server waits for the first frame; *onBreak*: there is no connection any more, or
 *   none came about
 */

export class Connector {
  /** True while the server takes sound. */
  isReady = false;
  #way;
  #listener;
  #token = "";
  /** Counts whatever ends a try, so that one that was waiting knows itself overtaken. */
  #attempt = 0;
  /** @type {Link | null} */
  #link = null;
  /** @type {import("./protocol.js").ServerError | null} */
  #fatal = null;
  #stall = new Stall();
  #losses = 0;
  #tries = 0;
  #retryTimer = 0;
  #keepaliveTimer = 0;

  /**
   * @param {import("./way.js").Way} way
   * @param {ConnectorListener} listener
   */
  constructor(way, listener) {
    this.#way = way;
    this.#listener = listener;
  }

  /** Bytes that wait for the network. */
  get waitingBytes() {
    return this.#link?.waitingBytes ?? 0;
  }

  /**
   * Connect for the first time.
   * @param {string} token the long-lived one, which is exchanged wherever that is possible
   */
  open(token) {
    this.#token = token;
    this.#losses = this.#tries = 0;
    this.#connect();
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

  /** @param {string | Int16Array<ArrayBuffer>} frame */
  send(frame) {
    this.#link?.send(frame);
  }

  /**
   * Give the connection up if the network has taken nothing for too long.
   * @param {number} seconds of sound until now
   */
  watch(seconds) {
    if (this.#link && this.#stall.look(this.#link, seconds, navigator.onLine)) this.cut();
  }

  /** Give the connection up for another one, which goes on where this one came to. */
  cut() {
    this.hangUp();
    this.#losses += 1;
    this.#break(problems.closing(CLOSE_LOST, null));
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
    this.#fatal = null;
    const attempt = this.#attempt;
    const credential = this.#way.credential(this.#token);
    // A cursor is good for its own session only: there is nothing to exchange.
    const got = credential === this.#token ? await exchange(credential) : { token: credential };
    if (attempt !== this.#attempt) return;
    if (got.token === undefined) this.#break(problems.refusal(got.refusal));
    else this.#dial(credential, got.token);
  }

  /**
   * @param {string} credential
   * @param {string} presented in its place
   */
  #dial(credential, presented) {
    const isMade = presented !== credential;
    const link = new Link(presented, {
      onOpen: () => this.#listener.onOpen(),
      onMessage: (message) => this.#receive(message),
      onClose: (end) => (end.wasOpen ? this.#ended(end.code) : this.#refused(credential, isMade)),
    });
    this.#link = link;
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
    this.#keepaliveTimer = window.setInterval(beat, (1000 * idleSeconds) / 3);
  }

  /** @param {number} code with which an open connection was closed */
  #ended(code) {
    const wasReady = this.isReady;
    if (wasReady) this.#losses += 1;
    this.isReady = false;
    clearInterval(this.#keepaliveTimer);
    if (this.#fatal && this.#way.fail(this.#fatal, wasReady)) this.#connect();
    else if (code === CLOSE_UNREADABLE) this.#break(problems.UNREADABLE);
    else this.#break(problems.closing(code, this.#fatal));
  }

  /**
   * @param {string} credential
   * @param {boolean} isMade whether something made with it was presented
   */
  async #refused(credential, isMade) {
    const attempt = this.#attempt;
    const answer = await askAdmission(credential);
    // A person may have stopped or connected again while the server was asked.
    if (attempt !== this.#attempt) return;
    if (this.#way.refuse(credential, answer)) return this.#connect();
    if (!isMade || answer?.status !== 200 || this.#tries > 0) {
      return this.#break(problems.refusal(answer));
    }
    // Its maker is welcome: what was made is spent, expired, or unknown to another server.
    this.#tries += 1;
    this.#connect();
  }

  /** @param {problems.Problem} problem */
  #break(problem) {
    const isPassing = problem.isPassing && this.#losses <= MAX_LOSSES;
    this.#listener.onBreak({ ...problem, isPassing });
  }
}
