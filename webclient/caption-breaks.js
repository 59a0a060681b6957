/**
 * Choose where lines of live captions end, word by word as they come.
 * Knows tokens; knows nothing of messages.
 *
 * A line ends where it is full, or a little earlier where a phrase ends.  Only what came before
 * decides, so what stands is never moved by what follows.  When words that stood already change,
 * their line keeps its end as long as it has room: roll-up captions, as broadcasters call them, whose
 * lines never flow anew.
 */

import { joint, leads } from "./phrases.js";

/**
 * The part of a line that may stay empty for the sake of a good end.  What is good is in the BBC
 * Subtitle Guidelines 3.4, "Break at natural points", and in the Netflix Timed Text Style Guide,
 * "Line Treatment".
 * @type {Readonly<Record<import("./phrases.js").Joint, number>>}
 */
const SLACK = { sentence: 0.5, clause: 0.3, conjunction: 0.2, preposition: 0.15, plain: 0 };

/** The part of a line that an article or the like leaves for the word it belongs to. */
const LEAD = 0.28;

/** Words that an end may move by to stay between the same two. */
const REACH = 2;

/**
 * @typedef {import("./columns.js").Token} Token
 * @typedef {{columns: number, language?: string | null}} Measure
 * @typedef {{tokens: Token[], breaks: number[]}} Broken *breaks*: indices of tokens that begin a line
 * @typedef {{used: number, last: Token | undefined}} Place columns that are used on the line where
 *   words go on, and the last word there
 */

/**
 * Break tokens into lines.
 * @param {Token[]} tokens
 * @param {Place} place
 * @param {Measure} measure
 * @param {Broken} before how these words were broken when they stood there last
 * @returns {{breaks: number[], used: number}} with the columns of the last line
 */
export function breakLines(tokens, { used, last }, measure, before) {
  const kept = new Set(before.breaks.map((at) => moved(at, before.tokens, tokens)));
  /** @type {number[]} */
  const breaks = [];
  tokens.forEach((token, i) => {
    const isNew = i >= before.tokens.length;
    const isEnd = last && (isNew ? endsLine : isFull)(token, { used, last }, measure);
    if (kept.has(i) || isEnd) {
      breaks.push(i);
      used = token.width;
    } else used += (used > 0 ? token.gap.length : 0) + token.width;
    last = token;
  });
  return { breaks, used };
}

/**
 * Give where an end stays: between the same two words, if they are near, else where it was.
 * @param {number} at
 * @param {Token[]} before
 * @param {Token[]} after
 */
function moved(at, before, after) {
  const isSame = (/** @type {number} */ to) =>
    [to - 1, to].every((i) => same(before[at - to + i], after[i]));
  for (let by = 0; at > 0 && by <= REACH; by += 1) {
    if (isSame(at + by)) return at + by;
    if (at > by && isSame(at - by)) return at - by;
  }
  return at;
}

/**
 * @param {Token | undefined} one
 * @param {Token | undefined} other
 */
function same(one, other) {
  return bare(one) === bare(other);
}

/** @param {Token | undefined} token */
function bare(token) {
  return token?.text.replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();
}

/**
 * Tell whether a line ends before *token*.
 * @param {Token} token
 * @param {Place} place
 * @param {Measure} measure
 */
function endsLine(token, place, measure) {
  if (isFull(token, place, measure)) return true;
  const { columns, language } = measure;
  const last = /** @type {Token} */ (place.last);
  const room = columns - place.used;
  if (room <= columns * SLACK[joint(last.text, token.text, language)]) return true;
  const left = room - token.gap.length - token.width;
  return left < columns * LEAD && leads(token.text, language) && !leads(last.text, language);
}

/**
 * @param {Token} token
 * @param {Place} place
 * @param {Measure} measure
 */
function isFull(token, { used }, { columns }) {
  return used > 0 && used + token.gap.length + token.width > columns;
}
