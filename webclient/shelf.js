/**
 * Keep unfinished dictations on this device, in IndexedDB, where a reload or a crash spares them.
 * Knows records and chunks; knows nothing of sessions, tabs or what is in a record.
 *
 * What lies here is as private as the device: sound that is not final yet, the text so far, and a
 * cursor.  The cursor is a secret, for whoever holds it can go on with that one session; it serves
 * for an hour if the operator says nothing else.  Tokens never come here.  A dictation is deleted
 * once all of it is final or the person discards it.
 */

/**
 * @typedef {import("./client/keeper.js").Chunk} Chunk
 * @typedef {{id: string, savedAt: number}} Named
 */

const HEADS = "heads";
const SOUND = "sound";

/**
 * Open it, or give null where the browser keeps nothing, as some private windows do.
 * @returns {Promise<Shelf | null>}
 */
export async function openShelf() {
  try {
    const opening = indexedDB.open("dictation", 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(HEADS, { keyPath: "id" });
      opening.result.createObjectStore(SOUND);
    };
    return new Shelf(await result(opening));
  } catch {
    return null;
  }
}

export class Shelf {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
    database.onversionchange = () => database.close();
  }

  /**
   * Write a head, more of its sound, and what is not needed any more, all or nothing.
   * @param {Named} head
   * @param {number} place of the first sample of *chunk*
   * @param {Chunk} chunk may be empty
   * @param {number} first sound before this place is forgotten
   * @throws {DOMException} if there is no room
   */
  async write(head, place, chunk, first) {
    const { heads, sound, isOver } = this.#change();
    heads.put(head);
    if (chunk.length > 0) sound.put(chunk, [head.id, place]);
    const before = sound.openKeyCursor(range(head.id, 0, first), "prev");
    before.onsuccess = () => {
      // The chunk that holds *first* itself stays as it is.
      const key = /** @type {[string, number] | undefined} */ (before.result?.key);
      if (key && key[1] > 0) sound.delete(range(head.id, 0, key[1] - 1));
    };
    await isOver;
  }

  /** @param {string} id */
  async remove(id) {
    const { heads, sound, isOver } = this.#change();
    heads.delete(id);
    sound.delete(range(id, 0, Infinity));
    await isOver;
  }

  /** Give all heads, the oldest first. @returns {Promise<Named[]>} */
  async heads() {
    const store = this.#database.transaction(HEADS).objectStore(HEADS);
    const heads = /** @type {Named[]} */ (await result(store.getAll()));
    return heads.sort((a, b) => a.savedAt - b.savedAt);
  }

  /**
   * Give one dictation, undefined if it is gone by now.
   * @param {string} id
   * @returns {Promise<{head: Named | undefined, sound: [place: number, chunk: Chunk][]}>}
   */
  async read(id) {
    const reading = this.#database.transaction([HEADS, SOUND]);
    const all = range(id, 0, Infinity);
    const sound = reading.objectStore(SOUND);
    const [head, keys, chunks] = await Promise.all([
      result(reading.objectStore(HEADS).get(id)),
      result(sound.getAllKeys(all)),
      result(sound.getAll(all)),
    ]);
    const places = keys.map((key) => /** @type {[string, number]} */ (key)[1]);
    return { head, sound: places.map((place, i) => [place, chunks[i]]) };
  }

  #change() {
    const change = this.#database.transaction([HEADS, SOUND], "readwrite");
    const isOver = new Promise((resolve, reject) => {
      change.oncomplete = () => resolve(undefined);
      change.onabort = () => reject(change.error);
    });
    return { heads: change.objectStore(HEADS), sound: change.objectStore(SOUND), isOver };
  }
}

/**
 * @param {string} id
 * @param {number} from
 * @param {number} to inclusive
 */
function range(id, from, to) {
  return IDBKeyRange.bound([id, from], [id, to]);
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function result(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
