/**
 * Deliver the sound of this page, and have what is not final on this device as well.
 * Knows nothing of microphones, nor how a connection comes about.
 */

import { server } from "./admission.js";
import { Delivery } from "./client/delivery.js";
import { Keeper } from "./client/keeper.js";
import { exchanged } from "./client/tokens.js";
import { resample } from "./pcm.js";
import { problemOf } from "./problems.js";
import { Saver } from "./saver.js";
import { startFor } from "./wishes.js";

/**
 * @typedef {import("./wishes.js").SessionWishes} SessionWishes
 * @typedef {{onReady: () => void,
 *   onMessage: (message: import("./client/protocol.js").Message) => void,
 *   onBreak: (problem: import("./problems.js").Problem) => void, text: () => unknown}} SavedListener
 *   *onBreak*: the connection ended before all was final; `retry` tries again; *text*: what is kept
 *   on this device beside the sound
 */

/** @type {SessionWishes} */
const NO_WISHES = { language: "", profile: "dictation", prompt: "", hotwords: [] };

export class SavedDelivery extends Delivery {
  #saver = new Saver();
  #text;
  /** @type {SessionWishes | null} */
  #wishes = null;

  /** @param {SavedListener} listener */
  constructor({ onReady, onMessage, onBreak, text }) {
    super(server, {
      onReady,
      onMessage,
      onBreak: (failure, isPassing) => {
        if (failure.code === "unknown_room") this.#leaveRoom();
        onBreak({ ...problemOf(failure), isPassing });
      },
      onUnreadable: (error) => {
        // What versions do not understand each other is for the console to say.
        throw error;
      },
    });
    this.#text = text;
  }

  /** Sound that the network did not take yet. */
  get waitingSeconds() {
    return this.waitingBytes / 2 / this.keeper.rate;
  }

  /** Where others read along in this session; empty for nowhere. */
  get room() {
    return this.#wishes?.room ?? "";
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
    this.adopt(found.keeper, found.cursor);
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
    if (JSON.stringify(wishes) !== JSON.stringify(this.#wishes)) this.adopt(this.keeper, null);
    this.#wishes = wishes;
    if (this.keeper.rate !== rate) this.#change(rate);
    this.keeper.withdraw();
    this.#open(token);
  }

  /**
   * Let others read along in *room* from what is not final on: that takes another session.
   * @param {string} token
   * @param {string} room
   */
  move(token, room) {
    this.#wishes = { ...NO_WISHES, ...this.#wishes, room };
    this.adopt(this.keeper, null);
    this.#open(token);
  }

  /**
   * Connect and have what is left made final; nothing more is pushed.
   * @param {string} token
   */
  recover(token) {
    this.keeper.withdraw();
    this.keeper.order("finish");
    this.#open(token);
  }

  /** The room is another one's or gone: what is kept goes on without readers. */
  #leaveRoom() {
    if (this.#wishes) this.#wishes = { ...this.#wishes, room: "" };
  }

  /** Forget what is not final, here and on this device. */
  discard() {
    super.discard();
    this.#saver.close();
  }

  /** Have all that is not final on this device. */
  onChange() {
    const [keeper, cursor, wishes] = [this.keeper, this.cursor, this.#wishes];
    this.#saver.look({ keeper, cursor, wishes, text: this.#text() });
  }

  /** @param {string} token */
  #open(token) {
    this.open(exchanged(server, token), startFor(this.#wishes ?? {}, this.keeper.rate));
  }

  /** @param {number} rate of a microphone other than before */
  #change(rate) {
    const { rate: before, places } = this.keeper;
    const left = this.keeper.join(Math.max(places.first, places.done));
    this.#saver.close();
    this.adopt(new Keeper(rate), null);
    if (left.length > 0) this.keeper.push(resample(left, before, rate));
  }
}
