/**
 * The course of files: opens the next one, has it recognized, and says what becomes of it.
 * Knows the queue; the page, the server and the decoders are handed in.
 */

import { Unusable } from "./limits.js";
import * as queues from "./queue.js";
import { transfer } from "./transfer.js";

/**
 * @typedef {import("./queue.js").Queue} Queue
 * @typedef {import("./transfer.js").Message} Message
 * @typedef {{isFree: () => boolean, openSound: (file: File) => Promise<import("./sound.js").Sound>,
 *   connect: (signal: AbortSignal) => Promise<import("./transfer.js").Dictation>,
 *   onBegin: (isFirst: boolean, isAgain: boolean) => Promise<void>,
 *   onMessage: (message: Message) => void,
 *   onQueue: (queue: Queue) => void, explain: (error: unknown) => string}} Host
 *   *isFree*: nobody dictates; *onBegin*: the words of a file will come, *isFirst* if it follows
 *   none, *isAgain* if it goes on after it failed; *explain*: say why a file was refused or failed
 */

export class Course {
  #host;
  /** @type {Queue} */
  #queue = queues.EMPTY;
  /** @type {Map<number, File>} */
  #files = new Map();
  #abort = new AbortController();
  #isFirst = true;
  /** True until the last file is let go of altogether, which may be after it was removed. */
  #isRunning = false;

  /** @param {Host} host */
  constructor(host) {
    this.#host = host;
  }

  get queue() {
    return this.#queue;
  }

  /** @param {File[]} files */
  add(files) {
    const { added } = this.#queue;
    files.forEach((file, i) => this.#files.set(added + i + 1, file));
    this.#turn(queues.add(this.#queue, files.map(({ name }) => name)));
    this.look();
  }

  /**
   * Let go of a file; what is final of it stays.
   * @param {number} id
   */
  remove(id) {
    const isActive = queues.active(this.#queue)?.id === id;
    this.#files.delete(id);
    this.#turn(queues.remove(this.#queue, id));
    if (isActive) this.#abort.abort();
    this.look();
  }

  /**
   * Go on with a file that failed, from its last final.
   * @param {number} id
   */
  retry(id) {
    this.#turn(queues.change(this.#queue, id, { state: "waiting", problem: "" }));
    this.look();
  }

  /** Begin with the next file, if there is one and nobody dictates. */
  look() {
    if (this.#isRunning) return;
    const entry = queues.next(this.#queue);
    if (!entry) this.#isFirst = true;
    else if (this.#host.isFree()) this.#run(entry);
  }

  /** @param {import("./queue.js").Entry} entry */
  async #run({ id, settled }) {
    this.#isRunning = true;
    this.#abort = new AbortController();
    this.#change(id, { state: "opening" });
    try {
      await this.#recognize(id, settled, this.#abort.signal);
      this.#change(id, { state: "done" });
      this.#files.delete(id);
    } catch (error) {
      const state = error instanceof Unusable ? "refused" : "failed";
      this.#change(id, { state, problem: this.#host.explain(error) });
    }
    this.#isRunning = false;
    this.look();
  }

  /**
   * @param {number} id
   * @param {number} from
   * @param {AbortSignal} signal
   */
  async #recognize(id, from, signal) {
    const sound = await this.#host.openSound(/** @type {File} */ (this.#files.get(id)));
    signal.throwIfAborted();
    const dictation = await this.#host.connect(signal);
    await this.#host.onBegin(this.#isFirst, from > 0);
    this.#isFirst = false;
    this.#change(id, { state: "speaking", samples: sound.samples });
    try {
      await transfer(sound, from, dictation, {
        onMessage: (message) => this.#receive(id, message),
        onSettled: (samples) => this.#change(id, { settled: Math.max(from, samples) }),
      });
    } catch (error) {
      // What was being heard is nobody's any more; it is heard anew if the file goes on.
      this.#host.onMessage({ type: "done", duration: 0, utterances: 0 });
      throw error;
    }
  }

  /**
   * @param {number} id
   * @param {Message} message
   */
  #receive(id, message) {
    if (message.type === "final" && message.text) this.#change(id, { hasWords: true });
    this.#host.onMessage(message);
  }

  /**
   * @param {number} id
   * @param {Partial<import("./queue.js").Entry>} news
   */
  #change(id, news) {
    this.#turn(queues.change(this.#queue, id, news));
  }

  /** @param {Queue} next */
  #turn(next) {
    if (next === this.#queue) return;
    this.#queue = next;
    this.#host.onQueue(next);
  }
}
