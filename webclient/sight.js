/**
 * What is to be seen of a manuscript: its text, and at the point the words still being heard.
 * Knows nothing of elements.
 *
 * A place *in sight* counts the words being heard, a place in the text does not.
 */

import { between, moved } from "./changes.js";
import { gap, joint } from "./joints.js";

/**
 * @typedef {import("./changes.js").Range} Range
 * @typedef {import("./manuscript.js").Manuscript} Manuscript
 * @typedef {import("./manuscript.js").Heard} Heard
 * @typedef {"settled" | "final" | "unconfirmed" | "unclear" | "replaced" | "committed" |
 *   "tentative" | "point"} Kind
 * @typedef {{kind: Kind, text: string}} Run
 * @typedef {Range & {kind: Kind}} Patch
 */

const UNCLEAR = "[unclear]";

/**
 * Give all there is to see.
 * @param {Manuscript} manuscript
 * @returns {string}
 */
export function inSight(manuscript) {
  const { text, point } = manuscript;
  return text.slice(0, point) + heardText(manuscript) + text.slice(point);
}

/**
 * Give where the words stand, in sight, that are still being heard, and where the text goes on.
 * @param {Manuscript} manuscript
 * @returns {{from: number, to: number, rest: number}} between *to* and *rest* there may be a gap,
 *   which belongs to the words
 */
export function heardRange(manuscript) {
  const { point } = manuscript;
  const rest = point + heardText(manuscript).length;
  return { from: point, to: rest - (heardPieces(manuscript).at(-1)?.gap.length ?? 0), rest };
}

/**
 * Lay out what is being heard, with the gaps around it.
 * @param {Manuscript} manuscript
 * @returns {{gap: string, heard: Heard | null}[]} the last one may be a gap alone
 */
function heardPieces({ text, point, isPlaced, heard }) {
  /** @type {{gap: string, heard: Heard | null}[]} */
  const pieces = [];
  let left = text.slice(0, point);
  for (const one of heard.filter((one) => one.text)) {
    const before = joint(left, one.text, one.opens && !isPlaced);
    pieces.push({ gap: before, heard: one });
    left += before + one.text;
  }
  if (pieces.length > 0) pieces.push({ gap: gap(left, text.slice(point)), heard: null });
  return pieces;
}

/** @param {Manuscript} manuscript */
function heardText(manuscript) {
  return heardPieces(manuscript)
    .map((piece) => piece.gap + (piece.heard?.text ?? ""))
    .join("");
}

/**
 * Give where the next words land, in sight.
 * @param {Manuscript} manuscript
 * @returns {number}
 */
export function nextPlace(manuscript) {
  const { point, due } = manuscript;
  const { from, to, rest } = heardRange(manuscript);
  if (!due) return to;
  return due.range.to < point ? due.range.to : due.range.to + rest - from;
}

/**
 * Give where the cursor belongs after a manuscript changed by itself: it stays by its letters, but
 * where words are landing it goes along with them.
 * @param {Manuscript} before
 * @param {Manuscript} after
 * @param {number} cursor in sight
 * @returns {number}
 */
export function carried(before, after, cursor) {
  const { to, rest } = heardRange(before);
  const { from: first, to: last } = before.replaces ?? { from: to, to };
  const isReplaced = after.replaces === null && first <= cursor && cursor <= last;
  if (isReplaced || (to <= cursor && cursor <= rest)) return heardRange(after).to;
  return moved(cursor, between(inSight(before), inSight(after)), "left");
}

/**
 * Find the place again of a change that was made in an older sight, as when an input method took its
 * time; where what it removed is gone, it only puts in.
 * @param {import("./changes.js").Change} change
 * @param {string} before the sight it was made in
 * @param {string} after
 * @returns {import("./changes.js").Change}
 */
export function rebased(change, before, after) {
  if (before === after) return change;
  const at = moved(change.at, between(before, after), "right");
  const removed = after.startsWith(change.removed, at) ? change.removed : "";
  return { ...change, at, removed };
}

/**
 * Give all there is to see in runs of one kind, with a run without text where the next words land.
 * @param {Manuscript} manuscript
 * @returns {Run[]}
 */
export function runs(manuscript) {
  const text = inSight(manuscript);
  /** @type {Run[]} */
  const found = [];
  let at = 0;
  for (const { from, to, kind } of patches(manuscript, text)) {
    if (from > at) found.push({ kind: "settled", text: text.slice(at, from) });
    found.push({ kind, text: text.slice(from, to) });
    at = to;
  }
  if (at < text.length) found.push({ kind: "settled", text: text.slice(at) });
  return found;
}

/**
 * @param {Manuscript} manuscript
 * @param {string} text in sight
 * @returns {Patch[]} in order, none upon another
 */
function patches(manuscript, text) {
  const { point, replaces, due, spoken } = manuscript;
  const heard = heardRange(manuscript);
  const width = heard.rest - heard.from;
  const shown = (/** @type {Range} */ { from, to }) => ({
    from: from >= point ? from + width : from,
    to: to > point ? to + width : to,
  });
  const selected = replaces ?? due?.range;
  /** @type {Patch[]} */
  const marks = selected ? [{ ...shown(selected), kind: "replaced" }] : [];
  marks.push(...unclearPatches(text));
  for (const s of spoken) marks.push({ ...shown(s), kind: s.isSure ? "final" : "unconfirmed" });
  const place = nextPlace(manuscript);
  const next = /** @type {Patch} */ ({ from: place, to: place, kind: "point" });
  return laid([...heardPatches(manuscript), next], marks, { from: heard.from, to: heard.rest });
}

/**
 * Lay patches upon one another; what comes first lies above.
 * @param {Patch[]} top none of which is upon another
 * @param {Patch[]} marks
 * @param {Range} heard where no mark belongs
 * @returns {Patch[]} in order
 */
function laid(top, marks, heard) {
  const above = [...top, heard];
  const flat = [...top];
  for (const mark of marks) {
    const parts = parted(mark, above);
    flat.push(...parts);
    if (mark.kind === "replaced" || mark.kind === "unclear") above.push(...parts);
  }
  return flat.sort((a, b) => a.from - b.from || a.to - b.to);
}

/**
 * Give what is to be seen of a patch beside those above it.
 * @param {Patch} patch
 * @param {Range[]} above
 * @returns {Patch[]}
 */
function parted(patch, above) {
  return above.reduce(
    (parts, { from, to }) =>
      parts.flatMap((part) => {
        if (to <= part.from || from >= part.to) return [part];
        const sides = [
          { ...part, to: from },
          { ...part, from: to },
        ];
        return sides.filter((side) => side.from < side.to);
      }),
    [patch].filter((part) => part.from < part.to),
  );
}

/**
 * @param {Manuscript} manuscript
 * @returns {Patch[]}
 */
function heardPatches(manuscript) {
  /** @type {Patch[]} */
  const found = [];
  let at = manuscript.point;
  for (const { gap: before, heard } of heardPieces(manuscript)) {
    at += before.length;
    if (!heard) continue;
    const middle = at + committedLength(heard);
    const end = at + heard.text.length;
    if (middle > at) found.push({ from: at, to: middle, kind: "committed" });
    if (end > middle) found.push({ from: middle, to: end, kind: "tentative" });
    at = end;
  }
  return found;
}

/**
 * Give how much is committed, in UTF-16 units; the space behind it is not underlined.
 * @param {Heard} heard
 */
function committedLength({ text, committed }) {
  const settled = [...text].slice(0, committed).join("").length;
  const rest = text.slice(settled);
  return settled + rest.length - rest.trimStart().length;
}

/**
 * @param {string} text
 * @returns {Patch[]}
 */
function unclearPatches(text) {
  /** @type {Patch[]} */
  const found = [];
  for (let at = text.indexOf(UNCLEAR); at >= 0; at = text.indexOf(UNCLEAR, at + 1)) {
    found.push({ from: at, to: at + UNCLEAR.length, kind: "unclear" });
  }
  return found;
}
