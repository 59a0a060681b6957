/**
 * One dictation at a time: brings the microphone and the delivery of its sound together.
 * Knows nothing of the page; what happens is told to a listener.
 */

import { askAdmission } from "./admission.js";
import { LoadError, openMicrophone } from "./capture.js";
import { INTERRUPTED, microphoneProblem, UNPLUGGED } from "./microphone-problems.js";
import { isSilent, loudness, toS16le } from "./pcm.js";
import { allows, next } from "./phases.js";
import * as problems from "./problems.js";
import { SavedDelivery } from "./saved-delivery.js";

/** Sound kept while the connection is away; at 48 kHz this is 29 MB. */
const MAX_AWAY_SECONDS = 300;

/**
 * @typedef {import("./wishes.js").SessionWishes & {token: string, deviceId: string}} Wishes
 * @typedef {{level: number, seconds: number, silentSeconds: number, waitingSeconds: number,
 *   keptSeconds: number, isSaved: boolean}} Heard
 *   *level* from 0 to 1; *seconds* listened to since the start; *waitingSeconds* of sound that the
 *   network did not take yet; *keptSeconds* of sound that wait for a connection; *isSaved*: a reload
 *   would lose nothing
 * @typedef {{onPhase: (phase: import("./phases.js").Phase) => void,
 *   onMessage: (message: import("./client/protocol.js").Message) => void,
 *   onHeard: (heard: Heard) => void,
 *   text: () => unknown,
 *   onProblem: (problem: problems.Problem | null) => void}} Listener
 */

export class Dictation {
  /** @type {import("./phases.js").Phase} */
  phase = "idle";
  #listener;
  #delivery;
  /** @type {import("./capture.js").Microphone | null} */
  #microphone = null;
  #samples = 0;
  #silentSamples = 0;
  #isAwayTooLong = false;
  #isResuming = false;
  #token = "";
  #room = "";
  /** True once a session ended during a pause: all is final, and nobody misses it until later. */
  #isDetached = false;
  #starts = 0;

  /** @type {import("./capture.js").Listener} */
  #ear = {
    onBlock: (samples) => this.#hear(samples),
    onEnded: () => this.#unplugged(),
    onInterrupted: () => this.#interrupted(),
  };

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#delivery = new SavedDelivery({
      onReady: () => this.#ready(),
      onMessage: (message) => this.#receive(message),
      onBreak: (problem) => this.#broken(problem),
      text: () => listener.text(),
    });
  }

  /** Sound that was heard and is not final, in seconds. */
  get keptSeconds() {
    return this.#delivery.keptSeconds;
  }

  /** False while a reload would lose what is not final. */
  get isSaved() {
    return this.#delivery.isSaved;
  }

  /**
   * Offer what an earlier page left unfinished, unless there is something to do already.
   * @returns {Promise<{text: unknown} | null>} the text so far; null if nothing was left
   */
  async restore() {
    const isFree = () => this.phase === "idle" && this.keptSeconds === 0;
    const found = isFree() ? await this.#delivery.restore(isFree) : null;
    if (found && this.keptSeconds === 0) this.#delivery.discard();
    if (this.keptSeconds > 0 && found) this.#tell(problems.LEFT_UNFINISHED);
    return found;
  }

  /**
   * Have what is left recognized, without listening.
   * @param {string} token
   */
  recover(token) {
    this.#isResuming = true;
    this.#listener.onProblem(null);
    this.#step("recover");
    this.#delivery.recover(token);
  }

  /**
   * Open microphone and connection.
   * @param {Wishes} wishes
   */
  async start({ deviceId, token, ...wishes }) {
    this.#samples = this.#silentSamples = 0;
    this.#isAwayTooLong = false;
    this.#token = token;
    this.#isResuming = this.keptSeconds > 0;
    this.#listener.onProblem(null);
    this.#step("start");
    const microphone = await this.#openMicrophone(deviceId, token);
    if (microphone === null) return;
    this.#microphone = microphone;
    this.#delivery.begin(token, { ...wishes, room: this.#room }, microphone.rate);
  }

  /** @param {string} room where others read along from now on; empty for nowhere */
  share(room) {
    this.#room = room;
    this.#follow();
  }

  /** Stop listening for a while; what was said becomes final. */
  async pause() {
    this.#step("pause");
    await this.#microphone?.pause();
    if (this.phase === "paused") this.#delivery.flush("pause");
  }

  /** Listen again. */
  async resume() {
    this.#listener.onProblem(null);
    this.#step("resume");
    if (this.#isDetached) {
      this.#isDetached = false;
      this.#step("lose");
      this.#delivery.retryNow();
    }
    this.#follow();
    await this.#microphone?.resume();
  }

  /** Stop listening; the session ends once all that was said is final. */
  async stop() {
    if (this.#isDetached) return this.#leave("end");
    this.#step("stop");
    await this.#closeMicrophone();
    if (this.phase === "finishing" || this.phase === "recovering") this.#delivery.finish();
  }

  /** Do not start after all; sound that an earlier session left behind stays. */
  cancel() {
    if (this.#isResuming) return this.#fail(problems.CANCELLED);
    this.#delivery.discard();
    this.#leave("end");
  }

  /** Do not wait for what is not final yet. */
  giveUp() {
    this.#delivery.discard();
    this.#listener.onProblem(null);
    if (allows(this.phase, "end")) this.#leave("end");
  }

  /** Try to connect at once, if that is what it waits for. */
  retryNow() {
    if (this.phase === "reconnecting" || this.phase === "recovering") this.#delivery.retryNow();
  }

  /** The network was away and is back: a connection from before may be dead without knowing it. */
  renew() {
    if (this.phase === "listening" || this.phase === "finishing") this.#delivery.cut();
    this.retryNow();
  }

  /**
   * @param {string} deviceId
   * @param {string} token
   */
  async #openMicrophone(deviceId, token) {
    this.#starts += 1;
    const start = this.#starts;
    // The browser may ask for permission: meanwhile a person can cancel, and even start anew.
    const isWanted = () => this.phase === "opening" && start === this.#starts;
    try {
      const microphone = await openMicrophone(deviceId, this.#ear);
      if (isWanted()) return microphone;
      await microphone.close();
    } catch (error) {
      const problem =
        error instanceof LoadError
          ? problems.unloaded(await askAdmission(token))
          : microphoneProblem(error);
      if (isWanted()) this.#fail(problem);
    }
    return null;
  }

  /** @param {Float32Array} samples */
  #hear(samples) {
    const rate = this.#microphone?.rate;
    if (this.phase === "idle" || !rate) return;
    this.#delivery.push(toS16le(samples));
    this.#samples += samples.length;
    this.#silentSamples = isSilent(samples) ? this.#silentSamples + samples.length : 0;
    this.#listener.onHeard({
      level: loudness(samples),
      seconds: this.#samples / rate,
      silentSeconds: this.#silentSamples / rate,
      waitingSeconds: this.#delivery.waitingSeconds,
      keptSeconds: this.phase === "reconnecting" ? this.keptSeconds : 0,
      isSaved: this.isSaved,
    });
    if (this.phase === "reconnecting" && this.keptSeconds > MAX_AWAY_SECONDS) {
      this.#isAwayTooLong = true;
      this.#listener.onProblem(problems.AWAY_TOO_LONG);
      this.stop();
    }
  }

  #unplugged() {
    if (!allows(this.phase, "stop")) return;
    this.#listener.onProblem(UNPLUGGED);
    this.stop();
  }

  #interrupted() {
    if (!allows(this.phase, "pause")) return;
    this.#listener.onProblem(INTERRUPTED);
    this.pause();
  }

  #ready() {
    if (this.phase !== "opening") this.#listener.onProblem(null);
    this.#step("open");
    this.#follow();
  }

  /** Go to another session if others are to read along in another room than that of this one. */
  #follow() {
    if (!this.#room || this.#room === this.#delivery.room || this.phase !== "listening") return;
    this.#step("lose");
    this.#delivery.move(this.#token, this.#room);
  }

  /** @param {import("./client/protocol.js").Message} message */
  #receive(message) {
    this.#listener.onMessage(message);
    if (message.type === "done") this.#leave("end");
  }

  /** @param {problems.Problem} problem */
  #broken(problem) {
    if (this.phase === "paused" && this.keptSeconds === 0) {
      this.#isDetached = true;
      return;
    }
    if (!problem.isPassing || !allows(this.phase, "lose")) return this.#fail(problem);
    const wasPaused = this.phase === "paused";
    this.#step("lose");
    if (wasPaused) this.#closeMicrophone().then(() => this.#delivery.finish());
    this.#delivery.retry(problem.retryAfterSeconds);
    this.#listener.onProblem(this.#isAwayTooLong ? problems.AWAY_TOO_LONG : problem);
  }

  /** @param {problems.Problem} problem */
  #fail(problem) {
    // Nobody was told yet that the page listens: this sound is nothing anyone waits for.
    if (this.phase === "opening" && !this.#isResuming) this.#delivery.discard();
    this.#tell(problem);
    this.#leave("fail");
  }

  /** @param {problems.Problem} problem */
  #tell(problem) {
    this.#listener.onProblem(problems.withKept(problem, this.keptSeconds));
  }

  /** @param {"end" | "fail"} event */
  #leave(event) {
    this.#isDetached = false;
    this.#delivery.hangUp();
    this.#closeMicrophone();
    this.#step(event);
  }

  async #closeMicrophone() {
    const microphone = this.#microphone;
    await microphone?.close();
    if (this.#microphone === microphone) this.#microphone = null;
  }

  /** @param {import("./phases.js").Event} event */
  #step(event) {
    this.phase = next(this.phase, event);
    this.#listener.onPhase(this.phase);
  }
}
