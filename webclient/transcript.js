/**
 * What was said so far: finals that never change and partials that still may.
 * Knows nothing of the page, sockets or sound; every function gives a new transcript.
 */

/** Silence that makes a new paragraph. */
const PARAGRAPH_PAUSE_SECONDS = 2.5;

/**
 * @typedef {"final" | "unclear" | "unconfirmed"} Kind *unclear*: voice that gave no words;
 *   *unconfirmed*: heard, but the connection ended before it was final
 * @typedef {{key: string, kind: Kind, text: string, opens: boolean, start: number, end: number,
 *   language?: string | null}} Sentence *opens* a paragraph; *start* and *end* in seconds, one
 *   session counted on after the other
 * @typedef {import("./client/protocol.js").Partial & {session: number, isStale?: boolean}} Heard
 *   *isStale*: heard over a connection that broke, and about to be heard anew
 * @typedef {{sentences: Sentence[], heard: Heard[], cleared: Sentence[], session: number,
 *   settled: number, origin: number, end: number | null, breakAfter: number | null}} Transcript
 *   *settled* is the last final's utterance, *end* its end in seconds since the session began, which
 *   *origin* adds to those before; the first utterance later than *breakAfter* opens a paragraph
 */

/** @type {Readonly<Transcript>} */
export const EMPTY = Object.freeze({
  sentences: [],
  heard: [],
  cleared: [],
  session: 0,
  settled: 0,
  origin: 0,
  end: null,
  breakAfter: null,
});

/**
 * Take a message; those that bring no words change nothing.
 * @param {Transcript} transcript
 * @param {import("./client/protocol.js").Message} message
 * @returns {Transcript}
 */
export function apply(transcript, message) {
  switch (message.type) {
    case "ready":
      return (message.generation ?? 1) > 1 ? goOn(transcript) : begin(transcript);
    case "partial":
      return hear(transcript, message);
    case "final":
      return settle(transcript, message);
    case "done":
      return { ...transcript, heard: [] };
    default:
      return transcript;
  }
}

/**
 * A new session counts utterances and time anew; what the last one left unsettled comes first.
 * @param {Transcript} transcript
 */
function begin(transcript) {
  const { heard, session, sentences } = transcript;
  const breakAfter = transcript.breakAfter === null ? null : heard.length;
  const origin = lastEnd(sentences);
  return { ...transcript, session: session + 1, settled: 0, origin, end: null, breakAfter };
}

/**
 * The session goes on after a break, and counts on; only what was not final is heard anew.
 * @param {Transcript} transcript
 */
function goOn(transcript) {
  const heard = transcript.heard.map((partial) => ({ ...partial, isStale: true }));
  return { ...transcript, heard };
}

/**
 * @param {Transcript} transcript
 * @param {import("./client/protocol.js").Partial} partial
 */
function hear(transcript, partial) {
  if (partial.utterance <= transcript.settled) return transcript;
  const heard = [...stillHeard(transcript, partial.utterance), { ...partial, ...of(transcript) }];
  return { ...transcript, heard: heard.sort((a, b) => a.utterance - b.utterance) };
}

/**
 * @param {Transcript} transcript
 * @param {import("./client/protocol.js").Final} final
 */
function settle(transcript, final) {
  const { utterance, text, start, end, language, reason } = final;
  if (utterance <= transcript.settled) return transcript;
  const heard = stillHeard(transcript, utterance).filter((other) => other.utterance > utterance);
  const moved = { ...transcript, heard, settled: utterance, end };
  // That nobody spoke after all is worth no mark; words that were held back are.
  if (!text && (!reason || reason === "no_speech")) return moved;
  const key = `${transcript.session}.${utterance}`;
  const kind = /** @type {Kind} */ (text ? "final" : "unclear");
  const opens = opensParagraph(transcript, final);
  const said = { key, kind, text, opens, language, ...absolute(transcript, { start, end }) };
  const sentences = [...transcript.sentences, said];
  return { ...moved, sentences, breakAfter: opens ? null : transcript.breakAfter };
}

/**
 * Give the other partials of this session.  Those of an earlier one, or from before a break, stayed
 * in sight until now, because their sound is recognized anew.
 * @param {Transcript} transcript
 * @param {number} utterance
 */
function stillHeard({ heard, session }, utterance) {
  return heard.filter(
    (other) => other.session === session && !other.isStale && other.utterance !== utterance,
  );
}

/**
 * @param {Transcript} transcript
 * @param {{start: number, end: number}} times of its session
 */
function absolute({ origin }, { start, end }) {
  return { start: origin + start, end: origin + end };
}

/** @param {Transcript} transcript */
function of({ session }) {
  return { session };
}

/**
 * @param {Transcript} transcript
 * @param {{utterance: number, start: number}} next
 */
function opensParagraph({ breakAfter, end }, { utterance, start }) {
  const isAfterBreak = breakAfter !== null && utterance > breakAfter;
  return isAfterBreak || (end !== null && start - end >= PARAGRAPH_PAUSE_SECONDS);
}

/**
 * Let what is said from now on open a paragraph; what is being said stays where it is.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function breakParagraph(transcript) {
  const { heard, settled } = transcript;
  return { ...transcript, breakAfter: heard.at(-1)?.utterance ?? settled };
}

/**
 * Keep what was heard but will never be final, marked as such.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function abandon(transcript) {
  const kept = transcript.heard.filter(({ text }) => text);
  const sentences = kept.map((partial, i) => ({
    key: `${partial.session}.${partial.utterance}`,
    kind: /** @type {Kind} */ ("unconfirmed"),
    text: partial.text,
    ...absolute(transcript, partial),
    opens: i === 0 && opensParagraph(transcript, partial),
  }));
  return { ...transcript, sentences: [...transcript.sentences, ...sentences], heard: [] };
}

/**
 * Put all sentences aside, for `undoClear`.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function clear(transcript) {
  return { ...transcript, sentences: [], cleared: transcript.sentences };
}

/**
 * Bring back what was put aside, before what was said since.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function undoClear(transcript) {
  return { ...after(transcript.cleared, transcript), cleared: [] };
}

/**
 * Go on below what was said on an earlier page; the session that goes on here keeps its number.
 * @param {Transcript} transcript
 * @param {Sentence[]} sentences
 * @returns {Transcript}
 */
export function bringBack(transcript, sentences) {
  return after(sentences, transcript);
}

/**
 * Give what has to outlive the page, so that the text can go on: all but what is still being heard.
 * @param {Transcript} transcript
 * @returns {Partial<Transcript>}
 */
export function keepsake({ sentences, session, settled, origin, end, breakAfter }) {
  return { sentences, session, settled, origin, end, breakAfter };
}

/**
 * Go on with what another page kept, below what this one has of its own.
 * @param {Transcript} transcript
 * @param {Partial<Transcript>} kept
 * @returns {Transcript}
 */
export function reopen(transcript, kept) {
  const reopened = { ...EMPTY, ...kept };
  const known = new Set(reopened.sentences.map(({ key }) => key));
  // What this page has of the session that goes on will be said again if it is not kept.
  const own = transcript.sentences.filter(
    ({ key }) => !known.has(key) && !key.startsWith(`${reopened.session}.`),
  );
  return after(own, reopened);
}

/**
 * Put sentences before those of a transcript, which are counted on if they would overlap in time.
 * @param {Sentence[]} before
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
function after(before, transcript) {
  const { sentences, origin, end } = transcript;
  const begins = sentences[0]?.start ?? origin + (end ?? 0);
  const shift = Math.max(0, lastEnd(before) - begins);
  const later = sentences.map((one) => ({ ...one, start: one.start + shift, end: one.end + shift }));
  return { ...transcript, sentences: [...before, ...later], origin: origin + shift };
}

/** @param {Sentence[]} sentences */
function lastEnd(sentences) {
  return Math.max(0, ...sentences.map(({ end }) => end));
}

/**
 * Give what is being heard now, under the keys of the finals to come.
 * @param {Transcript} transcript
 * @returns {import("./manuscript.js").Heard[]}
 */
export function heardNow(transcript) {
  return transcript.heard.map((partial, i) => ({
    key: `${partial.session}.${partial.utterance}`,
    text: partial.text,
    committed: partial.committed,
    opens: i === 0 && opensParagraph(transcript, partial),
  }));
}
