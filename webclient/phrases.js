/**
 * Say how well a line of captions could end between two words, without a parser.
 * Knows the small words of some languages and the punctuation of all; knows nothing of lines.
 */

import { SMALL_WORDS } from "./small-words.js";

/** @typedef {"sentence" | "clause" | "conjunction" | "preposition" | "plain"} Joint */

const SENTENCE_END = /[.!?…。！？｡؟۔।॥።။][^\p{L}\p{N}]*$/u;
const CLAUSE_END = /[,;:–—)\]}，、；：،؛፣၊）」』】][^\p{L}\p{N}]*$/u;
const CLAUSE_START = /^[([{–—（「『【]/u;
const INITIALS = /^([\p{L}]\.)+$/u;
const TITLES = new Set("dhr dr m mevr mme mr mrs ms prof sr sra st".split(" "));

/** @type {Map<string, Set<string>[]>} */
const known = new Map();

/**
 * Tell what is between two neighbors.
 * @param {string} left
 * @param {string} right
 * @param {string | null | undefined} language an ISO 639-1 code
 * @returns {Joint}
 */
export function joint(left, right, language) {
  const [before, after] = [left.trim(), right.trim()];
  if (SENTENCE_END.test(before) && !isAbbreviation(before, after)) return "sentence";
  if (CLAUSE_END.test(before) || CLAUSE_START.test(after)) return "clause";
  if (leads(before, language)) return "plain";
  const [conjunctions, prepositions] = smallWords(language);
  if (conjunctions.has(bare(after))) return "conjunction";
  return prepositions.has(bare(after)) ? "preposition" : "plain";
}

/**
 * Tell whether a word belongs to the next one, as an article does.
 * @param {string} word
 * @param {string | null | undefined} language
 */
export function leads(word, language) {
  if (/[^\p{L}\p{N}'’.]$/u.test(word.trim())) return false;
  return smallWords(language).some((column) => column.has(bare(word)));
}

/** @param {string | null | undefined} language */
function smallWords(language) {
  const key = language ?? "";
  if (!known.has(key)) {
    const columns = Object.hasOwn(SMALL_WORDS, key) ? SMALL_WORDS[key] : ["", "", "", ""];
    known.set(key, columns.map((column) => new Set(column.split(" ").filter(Boolean))));
  }
  return /** @type {Set<string>[]} */ (known.get(key));
}

/**
 * @param {string} before
 * @param {string} after
 */
function isAbbreviation(before, after) {
  if (!before.endsWith(".")) return false;
  const isShort = INITIALS.test(before) && before !== "I.";
  return isShort || TITLES.has(bare(before)) || /^\p{Ll}/u.test(after);
}

/** @param {string} word */
function bare(word) {
  return word
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "")
    .toLowerCase()
    .replace("’", "'");
}
