/**
 * Cut text to what no line cuts further, and measure it in columns.
 * Knows characters of all scripts; knows nothing of languages or lines.
 */

/** Of a line of captions, as broadcasters have it. */
export const COLUMNS = 42;

const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]/u;
const HANGUL = /^\p{Script=Hangul}/u;

/** Scripts of narrow letters that write no spaces between words. */
const SPACELESS = /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/** What no line begins with: marks, closing punctuation, small kana and marks of length. */
const CLINGING =
  /^[\p{M}\p{Pe}\p{Pf}\p{Po}\p{Pd}\u200c\u200d\u3005\u303b\u309d\u309e\u30fc-\u30fe\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u0e30\u0e32\u0e33\u0e45\u0e46\u0eb0\u0eb2\u0eb3\u0ec6]/u;

/** What no line ends with: opening brackets, and vowels that are written before their consonant. */
const LEADING = /[\p{Ps}\p{Pi}\u0e40-\u0e44\u0ec0-\u0ec4]$/u;

/**
 * @typedef {{text: string, gap: "" | " ", width: number, points: number}} Token
 *   *gap* stands before it within a line; *points*: code points of the whole text until its end
 */

/** Browsers before 2024 may have none; then marks are told apart, and families of emoji are not. */
const graphemes = Intl.Segmenter && new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Count the columns of a text: two for a wide character, none for a mark (Unicode's UAX #11).
 * @param {string} text
 */
export function width(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  return [...text].reduce((sum, each) => sum + columnsOf(each), 0);
}

/** @param {string} character */
function columnsOf(character) {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/**
 * Cut text into words, or characters of a script that writes no spaces.
 * @param {string} text
 * @param {number} most columns of a token; what is longer is cut to such pieces
 * @returns {Token[]}
 */
export function tokens(text, most) {
  /** @type {Token[]} */
  const found = [];
  let points = 0;
  for (const [, space, run] of text.matchAll(/(\s*)(\S+)/gu)) {
    points += [...space].length;
    pieces(run, most).forEach((piece, i) => {
      points += [...piece].length;
      const gap = space && i === 0 ? " " : "";
      found.push({ text: piece, gap, width: width(piece), points });
    });
  }
  return found;
}

/**
 * @param {string} run
 * @param {number} most
 */
function pieces(run, most) {
  /** @type {string[]} */
  const found = [];
  for (const cluster of clusters(run)) {
    const last = found.at(-1);
    const isJoined = last !== undefined && !isWordItself(cluster) && !isWordItself(last);
    if (isJoined && width(last) + width(cluster) <= most) found[found.length - 1] += cluster;
    else found.push(...filled(cluster, most));
  }
  return found;
}

/**
 * Cut what is wider than a line all by itself.
 * @param {string} cluster
 * @param {number} most
 */
function filled(cluster, most) {
  if (width(cluster) <= most) return [cluster];
  const found = [""];
  for (const each of cluster) {
    const last = found[found.length - 1];
    if (width(last) + width(each) <= most) found[found.length - 1] += each;
    else found.push(each);
  }
  return found.filter(Boolean);
}

/**
 * Join characters between which no line may end in any script.
 * @param {string} run
 */
function clusters(run) {
  /** @type {string[]} */
  const found = [];
  for (const each of graphemes ? graphemes.segment(run) : run) {
    const segment = typeof each === "string" ? each : each.segment;
    const last = found.at(-1);
    const isJoined = last !== undefined && (CLINGING.test(segment) || LEADING.test(last));
    if (isJoined) found[found.length - 1] += segment;
    else found.push(segment);
  }
  return found;
}

/** @param {string} cluster */
function isWordItself(cluster) {
  const letter = cluster.match(/\p{L}/u)?.[0] ?? cluster;
  return SPACELESS.test(letter) || (WIDE.test(letter) && !HANGUL.test(letter));
}
