/**
 * Have all that is not final yet on this device as well, at most a quarter of a second behind.
 * Knows keepers, the shelf and the claims of tabs; knows nothing of connections or the page.
 */

import { claim } from "./claim.js";
import { Keeper } from "./client/keeper.js";
import { openShelf } from "./shelf.js";

/** Sound is written when so much of it is new.  No timer: those of a hidden tab come late. */
const STEP_SECONDS = 0.15;

/** Where there is no room, the next try comes after so much more sound. */
const PAUSE_SECONDS = 5;

/**
 * @typedef {{keeper: Keeper, cursor: string | null, wishes: unknown, text: unknown}} Unfinished
 *   *wishes*: how the session was opened, without the token; *text*: what stands on the page
 * @typedef {import("./shelf.js").Named & {rate: number, cursor: string | null, wishes: unknown,
 *   text: unknown, places: import("./client/keeper.js").Places}} Head
 */

export class Saver {
  /** False while a reload would lose what is not final. */
  isSaving = true;
  #shelf = openShelf();
  /** @type {{id: string, release: () => void} | null} */
  #claimed = null;
  /** @type {Unfinished | null} */
  #now = null;
  #isOver = false;
  /** What was written last. @type {Partial<Head>} */
  #head = {};
  #savedUntil = 0;
  #isBusy = false;
  #tryAt = 0;

  /**
   * Look at what there is now, and write it if enough of it is new.
   * @param {Unfinished} now
   */
  look(now) {
    this.#now = now;
    if (!this.#isBusy && this.#isDue(now)) this.#work();
  }

  /** All is final, or nobody wants it: delete it. */
  close() {
    this.#now = null;
    this.#isOver = true;
    if (!this.#isBusy) this.#work();
  }

  /**
   * Take over the oldest dictation that an earlier page left and no other tab has.
   * @param {() => boolean} isWanted asked once it is there, and it is let go if not
   * @returns {Promise<Unfinished | null>}
   */
  async find(isWanted) {
    const shelf = await this.#shelf;
    for (const { id } of (await shelf?.heads().catch(() => [])) ?? []) {
      const release = await claim(id);
      const read = release && (await shelf?.read(id).catch(() => null));
      if (release && read?.head && isWanted()) {
        return this.#adopt(id, release, /** @type {Head} */ (read.head), read.sound);
      }
      release?.();
    }
    return null;
  }

  /**
   * @param {string} id
   * @param {() => void} release
   * @param {Head} head
   * @param {[place: number, chunk: import("./client/keeper.js").Chunk][]} sound
   * @returns {Unfinished}
   */
  #adopt(id, release, head, sound) {
    const { rate, places, cursor, wishes, text } = head;
    const keeper = Keeper.of(rate, places, sound);
    this.#claimed = { id, release };
    this.#head = { ...head, places: keeper.places };
    this.#savedUntil = keeper.end;
    return { keeper, cursor, wishes, text };
  }

  /** @param {Unfinished} now */
  #isDue({ keeper, cursor, text }) {
    if (keeper.end < this.#tryAt || (!this.#claimed && keeper.seconds === 0)) return false;
    const isNews = Object.entries({ cursor, text, places: keeper.places }).some(
      ([name, value]) => this.#head[/** @type {keyof Head} */ (name)] !== value,
    );
    return isNews || keeper.end - this.#savedUntil >= STEP_SECONDS * keeper.rate;
  }

  async #work() {
    this.#isBusy = true;
    const shelf = await this.#shelf;
    for (;;) {
      if (this.#isOver) await this.#remove(shelf);
      else if (this.#now && this.#isDue(this.#now)) await this.#try(shelf, this.#now);
      else break;
    }
    this.#isBusy = false;
  }

  /**
   * @param {import("./shelf.js").Shelf | null} shelf
   * @param {Unfinished} now
   */
  async #try(shelf, now) {
    try {
      await this.#write(shelf, now);
      this.isSaving = true;
    } catch {
      this.isSaving = false;
      this.#tryAt = now.keeper.end + PAUSE_SECONDS * now.keeper.rate;
    }
  }

  /**
   * @param {import("./shelf.js").Shelf | null} shelf
   * @param {Unfinished} now
   */
  async #write(shelf, { keeper, cursor, wishes, text }) {
    this.#claimed ??= await claimAnew();
    if (!shelf || !this.#claimed) throw new DOMException("found nowhere to write");
    const { rate, places, end } = keeper;
    const { id } = this.#claimed;
    const head = { id, savedAt: Date.now(), rate, cursor, wishes, text, places };
    const place = Math.max(this.#savedUntil, places.first);
    await shelf.write(head, place, keeper.join(place), places.first);
    this.#head = head;
    this.#savedUntil = end;
  }

  /** @param {import("./shelf.js").Shelf | null} shelf */
  async #remove(shelf) {
    const claimed = this.#claimed;
    this.#isOver = false;
    this.#claimed = null;
    this.#head = {};
    this.#savedUntil = this.#tryAt = 0;
    if (!claimed) return;
    // What cannot be deleted now is offered at the next visit, and can be discarded there.
    await shelf?.remove(claimed.id).catch(() => {});
    claimed.release();
  }
}

async function claimAnew() {
  const id = crypto.randomUUID();
  const release = await claim(id);
  return release && { id, release };
}
