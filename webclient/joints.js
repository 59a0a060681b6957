/**
 * The spaces and lines where words meet a text.
 * Knows characters; knows nothing of who said or wrote them, and changes none of them.
 */

const OPENING_BRACKET = /[([{¿¡„‚]$/u;

/** The same mark opens in one language and closes in another: what stands around it tells. */
const OPENING_QUOTE = /(?:^|[\s([{¿¡„‚])["'“”‘’«»‹›]$/u;
const CLOSING_QUOTE = /^["'“”‘’«»‹›](?:$|[\s.,;:!?)\]}])/u;

/** An ellipsis begins a sentence as well, so it closes none. */
const CLOSING = /^(?:[,;:!?)\]}%]|\.(?!\.))/u;

/** Scripts written without spaces, and their punctuation. */
const SCRIPTS = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"];
const SPACELESS = new RegExp(
  `[${SCRIPTS.map((script) => `\\p{scx=${script}}`).join("")}\u3000-\u303f\uff00-\uffef]$`,
  "u",
);

/** Characters at a joint that decide. */
const REACH = 4;

/**
 * Give what comes between two texts: a space, or nothing.
 * @param {string} left
 * @param {string} right
 * @returns {"" | " "}
 */
export function gap(left, right) {
  const [end, start] = [left.slice(-REACH), right.slice(0, REACH)];
  const isOpen = [/^$|\s$/, OPENING_BRACKET, OPENING_QUOTE, SPACELESS].some((e) => e.test(end));
  const isClosed = [/^$|^\s/, CLOSING, CLOSING_QUOTE].some((e) => e.test(start));
  return isOpen || isClosed ? "" : " ";
}

/**
 * Give the line breaks that end a line, or with two of them a paragraph, unless nothing stands
 * before.
 * @param {string} left
 * @param {1 | 2} breaks
 * @returns {string}
 */
export function lineEnd(left, breaks) {
  if (left === "") return "";
  if (breaks === 1) return "\n";
  const there = left.endsWith("\n\n") ? 2 : Number(left.endsWith("\n"));
  return "\n".repeat(breaks - there);
}

/**
 * Give what comes between a text and the words that land behind it.
 * @param {string} left
 * @param {string} words
 * @param {boolean} opens a paragraph, unless a line just ended: whoever ended it knew why
 * @returns {string}
 */
export function joint(left, words, opens) {
  return opens && !left.endsWith("\n") ? lineEnd(left, 2) : gap(left, words);
}
