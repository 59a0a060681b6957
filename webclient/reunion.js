/**
 * Put a manuscript's text aside and bring it back, here or on another page.
 * Knows nothing of where it lies meanwhile.
 */

import { lineEnd } from "./joints.js";
import { NO_HISTORY } from "./history.js";
import { apply, keepsake, opened, take } from "./manuscript.js";

/**
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./manuscript.js").Kept} Kept
 */

/**
 * Take all of the text away; what is being heard stays.
 * @param {Manuscript} manuscript
 * @returns {Manuscript}
 */
export function clear(manuscript) {
  const { text } = manuscript;
  if (!text) return manuscript;
  return take(manuscript, { at: 0, removed: text, inserted: "", kind: "other" });
}

/**
 * Bring back a text that was cleared, before what came since.
 * @param {Manuscript} manuscript
 * @param {Kept} cleared
 * @returns {Manuscript}
 */
export function bringBack(manuscript, cleared) {
  const isAlone = manuscript.text === "";
  const inserted = cleared.text + (isAlone ? "" : lineEnd(cleared.text, 2));
  const now = take(manuscript, { at: 0, removed: "", inserted, kind: "other" });
  const spoken = [...cleared.spoken, ...now.spoken];
  return { ...now, spoken, point: isAlone ? cleared.point : now.point };
}

/**
 * Go on with a manuscript that another page kept, below what this one has of its own.
 * @param {Manuscript} own
 * @param {Kept} kept
 * @param {(key: string) => boolean} isDoomed by the key of an utterance that will be said again
 * @returns {Manuscript}
 */
export function reunited(own, kept, isDoomed) {
  if (own.id !== kept.id) return above(without(own, isDoomed), kept);
  return own.revision >= kept.revision ? without(own, isDoomed) : opened(kept);
}

/**
 * Give the newer of a manuscript that was kept with its sound and of the draft of the same text:
 * what is corrected by hand goes to the draft alone.
 * @param {Kept} kept
 * @param {Kept | null} draft
 * @param {(key: string) => boolean} isDoomed
 * @returns {Kept} without what will be said again
 */
export function newest(kept, draft, isDoomed) {
  if (draft?.id !== kept.id || draft.revision <= kept.revision) return kept;
  return keepsake(without(opened(draft), isDoomed));
}

/**
 * Take the text of another manuscript in below this one's, with its point; that one goes on.
 * @param {Manuscript} manuscript
 * @param {Kept} other
 * @returns {Manuscript}
 */
export function above(manuscript, other) {
  const head = manuscript.text + (manuscript.text && other.text ? lineEnd(manuscript.text, 2) : "");
  const shifted = other.spoken.map(({ from, to, ...rest }) => ({
    ...rest,
    from: from + head.length,
    to: to + head.length,
  }));
  return opened({
    id: other.id,
    revision: other.revision,
    text: head + other.text,
    point: other.point + head.length,
    spoken: [...manuscript.spoken, ...shifted],
  });
}

/**
 * Take out what was said in these utterances, because it will be said again.
 * @param {Manuscript} manuscript
 * @param {(key: string) => boolean} isDoomed
 * @returns {Manuscript} its history begins anew
 */
export function without(manuscript, isDoomed) {
  let now = manuscript;
  for (;;) {
    const range = now.spoken.find(({ key }) => isDoomed(key));
    if (!range) return now === manuscript ? now : { ...now, history: NO_HISTORY };
    const removed = now.text.slice(range.from, range.to);
    now = apply(now, { at: range.from, removed, inserted: "", kind: "other" });
  }
}

