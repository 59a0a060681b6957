/**
 * Keep the text on this device while it is written, and find what an earlier page left.
 * Knows names and claims; knows nothing of what is in a text.
 *
 * A draft belongs to the tab that claimed it.  It is deleted when it is empty, a month after it was
 * last changed, and, if no tab has it, when there is no room for another.
 */

import { claim } from "./claim.js";
import { forget, names, recall, remember } from "./storage.js";

const PREFIX = "draft.";
const LASTS_MS = 30 * 24 * 3_600_000;

/** Letters come faster than it is worth writing. */
const STEP_MS = 300;

/**
 * @typedef {{id: string, savedAt: number, text: string}} Head
 * @typedef {Head & Record<string, unknown>} Draft
 */

/** @type {{id: string, release: () => void} | null} */
let claimed = null;

/** What there was no room for. @type {Draft | null} */
let unwritten = null;

let isMakingRoom = false;

/** @type {(isKept: boolean) => void} */
let tell = () => {};

/** What is not written yet. @type {Omit<Draft, "savedAt"> | null} */
let waiting = null;

/** @type {ReturnType<typeof setTimeout> | null} */
let timer = null;

/** Name a draft as no other; a page without TLS has no `randomUUID`. */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(12))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/**
 * Write what is waiting before the page can be gone.
 * @param {(isKept: boolean) => void} onKept told whether the text could be written
 */
export function initDrafts(onKept) {
  tell = onKept;
  window.addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);
}

/** Give the draft that this tab had before it was reloaded. @returns {Draft | null} */
export function ownDraft() {
  const id = recall("tab", "draft", "");
  return id ? storedDraft(id) : null;
}

/**
 * Give a draft as it is written on this device, whichever tab has it.
 * @param {string} id
 * @returns {Draft | null}
 */
export function storedDraft(id) {
  return recall("device", PREFIX + id, null);
}

/**
 * Claim a draft for this tab.
 * @param {string} id
 * @returns {Promise<boolean>} false if another tab has it, as after a tab was duplicated
 */
export async function claimDraft(id) {
  if (claimed?.id === id || !navigator.locks) return true;
  const release = await claim(`draft ${id}`);
  if (!release) return false;
  holdDraft(id, release);
  return true;
}

/**
 * Have a draft that is claimed in place of the one that this tab had.
 * @param {string} id
 * @param {() => void} release
 */
export function holdDraft(id, release) {
  claimed?.release();
  claimed = { id, release };
}

/**
 * Keep a draft: at once if it is the first change for a while, else soon.
 * @param {Omit<Draft, "savedAt">} draft
 */
export function keepDraft(draft) {
  if (waiting && waiting.id !== draft.id) flush();
  waiting = draft;
  if (timer !== null) return;
  flush();
  timer = setTimeout(() => {
    timer = null;
    flush();
  }, STEP_MS);
}

function flush() {
  if (!waiting) return;
  const draft = /** @type {Draft} */ ({ ...waiting, savedAt: Date.now() });
  waiting = null;
  remember("tab", "draft", draft.id);
  unwritten = isWritten(draft) ? null : draft;
  if (unwritten) makeRoom();
  else tell(true);
}

/** @param {Draft} draft */
function isWritten(draft) {
  if (draft.text) return remember("device", PREFIX + draft.id, draft);
  forget("device", PREFIX + draft.id);
  return true;
}

/** Delete drafts that no tab has, the oldest first, until what was not written has its room. */
async function makeRoom() {
  if (isMakingRoom) return;
  isMakingRoom = true;
  for (const { id } of stored().sort((a, b) => a.savedAt - b.savedAt)) {
    const release = unwritten && unwritten.id !== id && (await claim(`draft ${id}`));
    if (!release) continue;
    forget("device", PREFIX + id);
    release();
    if (unwritten && isWritten(unwritten)) unwritten = null;
  }
  isMakingRoom = false;
  tell(isKept());
}

/** False while the text is nowhere but on this page. */
export function isKept() {
  return unwritten === null;
}

/** @returns {Draft[]} */
function stored() {
  return names("device", PREFIX)
    .map((name) => recall("device", name, /** @type {Draft | null} */ (null)))
    .filter((draft) => draft !== null);
}

/** @param {string} id */
export function dropDraft(id) {
  if (waiting?.id === id) waiting = null;
  forget("device", PREFIX + id);
}

/**
 * Find the latest draft that no tab has, and delete those that nobody came for.
 * @returns {Promise<{draft: Draft, release: () => void} | null>} claimed until `release`, beside
 *   the draft of this tab: `holdDraft` takes it over
 */
export async function findDraft() {
  // Without claims nobody knows which tabs are still there.
  if (!navigator.locks) return null;
  const [fresh, old] = parted(stored(), Date.now());
  for (const { id } of old) forget("device", PREFIX + id);
  for (const draft of fresh) {
    if ([claimed?.id, recall("tab", "draft", "")].includes(draft.id)) continue;
    const release = await claim(`draft ${draft.id}`);
    if (release) return { draft, release };
  }
  return null;
}

/**
 * Part drafts into those to keep, the latest first, and those too old.
 * @template {{savedAt: number}} T
 * @param {T[]} drafts
 * @param {number} now in milliseconds
 * @returns {[fresh: T[], old: T[]]}
 */
export function parted(drafts, now) {
  const isFresh = (/** @type {T} */ { savedAt }) => now - savedAt < LASTS_MS;
  const fresh = drafts.filter(isFresh).sort((a, b) => b.savedAt - a.savedAt);
  return [fresh, drafts.filter((draft) => !isFresh(draft))];
}
