/**
 * The text in the formats of files: as it was written, or as it was spoken, with times.
 * Knows nothing of the page.
 */

import { breakLines } from "./caption-breaks.js";
import { COLUMNS, tokens } from "./columns.js";

/** Of a cue of subtitles at most. */
const LINES = 2;

/**
 * @typedef {import("./transcript.js").Sentence} Sentence
 * @typedef {{text: string, sentences: Sentence[]}} Work *text* as it was written; *sentences* as
 *   they were spoken
 * @typedef {{start: number, end: number, lines: string[]}} Cue times in seconds
 * @typedef {"txt" | "md" | "srt" | "vtt" | "json"} Extension
 */

/**
 * What a file of each kind holds, and its media type.
 * @type {Record<Extension, {type: string, write: (work: Work) => string}>}
 */
export const FORMATS = {
  txt: { type: "text/plain", write: ({ text }) => `${text.trim()}\n` },
  md: { type: "text/markdown", write: ({ text }) => `${markdown(text)}\n` },
  srt: { type: "application/x-subrip", write: ({ sentences }) => srt(cues(sentences)) },
  vtt: { type: "text/vtt", write: ({ sentences }) => vtt(cues(sentences)) },
  json: { type: "application/json", write: json },
};

/**
 * Keep the ends of lines that Markdown would flow; what people wrote as Markdown stays as it is.
 * @param {string} text
 */
function markdown(text) {
  return text.trim().replace(/([^\n])\n(?!\n|\s*(?:[-*+>#|]|\d+[.)]\s))/g, "$1  \n");
}

/**
 * Cut what was said into cues; within an utterance time goes by letters.
 * @param {Sentence[]} sentences
 * @returns {Cue[]}
 */
export function cues(sentences) {
  return sentences.filter(({ kind }) => kind === "final").flatMap(cut);
}

/**
 * @param {Sentence} sentence
 * @returns {Cue[]}
 */
function cut({ text, start, end, language }) {
  const made = tokens(text, COLUMNS);
  const nowhere = { used: 0, last: undefined };
  const measure = { columns: COLUMNS, language };
  const { breaks } = breakLines(made, nowhere, measure, { tokens: [], breaks: [] });
  const bounds = [0, ...breaks.filter((at) => at > 0), made.length];
  const total = made.at(-1)?.points ?? 1;
  const at = (/** @type {number} */ i) =>
    start + ((end - start) * (made[i - 1]?.points ?? 0)) / total;
  /** @type {Cue[]} */
  const found = [];
  for (let i = 0; i < bounds.length - 1; i += LINES) {
    const ends = bounds.slice(i, i + LINES + 1);
    const lines = ends.slice(1).map((to, j) => joined(made.slice(ends[j], to)));
    found.push({ start: at(ends[0]), end: at(/** @type {number} */ (ends.at(-1))), lines });
  }
  return found;
}

/** @param {import("./columns.js").Token[]} line */
function joined(line) {
  return line.map(({ gap, text }, i) => (i > 0 ? gap + text : text)).join("");
}

/** @param {Cue[]} cues */
function srt(cues) {
  const blocks = cues.map(
    ({ start, end, lines }, i) =>
      `${i + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${lines.join("\n")}\n`,
  );
  return blocks.join("\n");
}

/** @param {Cue[]} cues */
function vtt(cues) {
  const escaped = (/** @type {string} */ line) =>
    line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const blocks = cues.map(
    ({ start, end, lines }) =>
      `${clock(start, ".")} --> ${clock(end, ".")}\n${lines.map(escaped).join("\n")}\n`,
  );
  return ["WEBVTT\n", ...blocks].join("\n");
}

/**
 * @param {number} seconds
 * @param {string} point
 */
function clock(seconds, point) {
  const ms = Math.round(1000 * seconds);
  const [h, m, s] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, ms / 1000];
  const [whole, rest] = [Math.floor(s) % 60, ms % 1000];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${two(h)}:${two(m)}:${two(whole)}${point}${String(rest).padStart(3, "0")}`;
}

/** @param {Work} work */
function json({ text, sentences }) {
  const utterances = sentences.map(({ kind, start, end, language, text: said }) => ({
    ...{ start, end, language: language ?? null, kind, text: said },
  }));
  return `${JSON.stringify({ text, utterances }, null, 2)}\n`;
}
