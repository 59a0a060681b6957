/**
 * The files that are to be recognized, one after the other.
 * Knows nothing of their sound or of the page; every function gives a new queue.
 */

/**
 * @typedef {"waiting" | "opening" | "speaking" | "done" | "failed" | "refused"} State *failed*: the
 *   server or the way there broke it off, and it can go on; *refused*: the file cannot be used
 * @typedef {{id: number, name: string, state: State, samples: number, settled: number,
 *   hasWords: boolean, problem: string}} Entry *samples* of sound in all, 0 until that is known;
 *   *settled*: how many of them are final; *problem*: why it failed or was refused
 * @typedef {{entries: Entry[], added: number}} Queue
 */

/** @type {Readonly<Queue>} */
export const EMPTY = Object.freeze({ entries: [], added: 0 });

/** @type {readonly State[]} */
const ACTIVE = ["opening", "speaking"];

/** @type {readonly State[]} */
const OVER = ["done", "refused"];

/**
 * Take files in; those that nothing can be done about any more make room.
 * @param {Queue} queue
 * @param {string[]} names
 * @returns {Queue}
 */
export function add({ entries, added }, names) {
  const more = names.map((name, i) => ({
    id: added + i + 1,
    name,
    state: /** @type {State} */ ("waiting"),
    samples: 0,
    settled: 0,
    hasWords: false,
    problem: "",
  }));
  const left = entries.filter(({ state }) => !OVER.includes(state));
  return { entries: [...left, ...more], added: added + names.length };
}

/**
 * Give the one that is being recognized.
 * @param {Queue} queue
 * @returns {Entry | undefined}
 */
export function active({ entries }) {
  return entries.find(({ state }) => ACTIVE.includes(state));
}

/**
 * Give the one that may begin now: none as long as one goes on, or failed and was not decided about.
 * @param {Queue} queue
 * @returns {Entry | undefined}
 */
export function next(queue) {
  const isHeld = active(queue) || queue.entries.some(({ state }) => state === "failed");
  return isHeld ? undefined : queue.entries.find(({ state }) => state === "waiting");
}

/**
 * Tell whether a reload would lose anything of it.
 * @param {Queue} queue
 */
export function isUnfinished({ entries }) {
  return entries.some(({ state }) => !OVER.includes(state));
}

/**
 * @param {Queue} queue
 * @param {number} id
 * @param {Partial<Entry>} news
 * @returns {Queue} the same one if that file is not there any more
 */
export function change(queue, id, news) {
  if (!queue.entries.some((entry) => entry.id === id)) return queue;
  const entries = queue.entries.map((entry) => (entry.id === id ? { ...entry, ...news } : entry));
  return { ...queue, entries };
}

/**
 * @param {Queue} queue
 * @param {number} id
 * @returns {Queue}
 */
export function remove(queue, id) {
  return { ...queue, entries: queue.entries.filter((entry) => entry.id !== id) };
}
