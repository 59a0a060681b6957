/**
 * The words of a room as lines that roll: what is settled never moves.
 * Knows the messages of `captions.v1`; knows nothing of the page; every function gives a new state.
 *
 * An utterance keeps the place where it was heard first, its final takes the place of its partials,
 * and lines that were full keep their ends.
 */

import { breakLines } from "./caption-breaks.js";
import { COLUMNS, tokens } from "./columns.js";
import { gap } from "./joints.js";

/** Lines that are copied with every change, before they go to a page of their own. */
const PAGE_LINES = 200;

/** Silence after which a line begins. */
const PAUSE_SECONDS = 2.5;

/**
 * @typedef {import("./room-messages.js").Final} Final
 * @typedef {import("./room-messages.js").Partial} Partial
 * @typedef {import("./columns.js").Token} Token
 * @typedef {"final" | "committed" | "tentative"} Kind
 * @typedef {{kind: Kind, text: string}} Piece
 * @typedef {readonly Piece[]} Line settled lines are the same objects as before
 * @typedef {{session: string, utterance: number, isFinal: boolean, language?: string | null,
 *   end: number, committed: number, tokens: Token[], breaks: number[], used: number}} Block
 *   an utterance; *used*: columns of its last line
 * @typedef {{columns: number, pages: readonly (readonly Line[])[], start: number,
 *   past: readonly Line[], tail: Block | null, blocks: readonly Block[],
 *   done: Readonly<Record<string, number>>, isBroken: boolean}} Roll *pages*, then *past* from line
 *   number *start* on: lines of what is final, *tail* the last of it; *blocks*: from the first that is not final; *done*: the last final utterance of each session;
 *   *isBroken*: what comes next begins a line
 */

/**
 * Begin without words.
 * @param {number} [columns] that a line may have
 * @returns {Roll}
 */
export function begin(columns = COLUMNS) {
  const nothing = { pages: [], start: 0, past: [], tail: null, blocks: [], done: {} };
  return { ...nothing, columns, isBroken: false };
}

/**
 * Take a message; those that bring no words change nothing.
 * @param {Roll} roll
 * @param {import("./room-messages.js").Message} message
 * @returns {Roll}
 */
export function apply(roll, message) {
  switch (message.type) {
    case "final":
      return isDone(roll, message) ? roll : settled(put(replaced(roll, message), message));
    case "partial":
      if (isDone(roll, message)) return roll;
      return message.text.trim() ? put(roll, message) : settled(replaced(roll, message));
    case "room": // what was not final is told anew
    case "closed":
      return settled(rebroken(roll, roll.blocks.filter(({ isFinal }) => isFinal)));
    default:
      return roll;
  }
}

/**
 * Let the next utterance begin a line; one that is being heard goes on where it is.
 * @param {Roll} roll
 * @returns {Roll}
 */
export function breakLine(roll) {
  return { ...roll, isBroken: true };
}

/**
 * Give the lines from number *from* on, as far as they are kept, the oldest first.
 * @param {Roll} roll
 * @param {number} [from]
 * @returns {readonly Line[]}
 */
export function lines({ pages, start, past, blocks }, from = 0) {
  /** @type {(readonly Line[])[]} */
  const asked = [blocks.reduce(joined, past)];
  for (let i = pages.length - 1; i >= 0 && start > from; i -= 1) {
    asked.unshift(pages[i]);
    start -= pages[i].length;
  }
  return asked.flat().slice(Math.max(0, from - start));
}

/**
 * Give the number of the first line that may not stay as it is.
 * @param {Roll} roll
 */
export function settledCount({ start, past }) {
  return start + Math.max(0, past.length - 1);
}

/**
 * Forget old lines; the newest page of them stays.
 * @param {Roll} roll
 * @returns {Roll}
 */
export function forgetful(roll) {
  return roll.pages.length > 1 ? { ...roll, pages: roll.pages.slice(-1) } : roll;
}

/**
 * @param {Roll} roll
 * @param {Final | Partial} message
 */
function isDone({ done }, { session, utterance }) {
  return Object.hasOwn(done, session) && utterance <= done[session];
}

/**
 * Take away what never became final before this did.
 * @param {Roll} roll
 * @param {Final | Partial} message
 */
function replaced(roll, { session, utterance, type }) {
  const last = type === "final" ? utterance - 1 : utterance;
  const isGone = (/** @type {Block} */ block) =>
    !block.isFinal && block.session === session && block.utterance <= last;
  return roll.blocks.some(isGone)
    ? rebroken(roll, roll.blocks.filter((block) => !isGone(block)))
    : roll;
}

/**
 * Put an utterance where it stood, or behind all others.
 * @param {Roll} roll
 * @param {Final | Partial} message
 * @returns {Roll}
 */
function put(roll, message) {
  const { session, utterance, type } = message;
  const isOf = (/** @type {Block} */ block) => block.session === session;
  const at = roll.blocks.findIndex((block) => isOf(block) && block.utterance >= utterance);
  const there = at >= 0 && roll.blocks[at].utterance === utterance ? roll.blocks[at] : null;
  const place = at < 0 ? roll.blocks.length : at;
  const before = place > 0 ? roll.blocks[place - 1] : roll.tail;
  const breaks = there?.breaks ?? (roll.isBroken || !goesOn(before, message) ? [0] : []);
  const block = blockOf(message, { tokens: there?.tokens ?? [], breaks }, before, roll.columns);
  // Not toSpliced: browsers within studio software are years behind.
  const behind = roll.blocks.slice(there ? place + 1 : place);
  const blocks = [...roll.blocks.slice(0, place), block, ...behind];
  const done = type === "final" ? { ...roll.done, [session]: utterance } : roll.done;
  const isBroken = roll.isBroken && there !== null;
  return rebroken({ ...roll, done, isBroken }, blocks, place);
}

/**
 * @param {Final | Partial} message
 * @param {import("./caption-breaks.js").Broken} stood what stood there
 * @param {Block | null} before
 * @param {number} columns
 * @returns {Block}
 */
function blockOf(message, stood, before, columns) {
  const { type, session, utterance, text, end } = message;
  const isFinal = type === "final";
  const made = tokens(text.trim(), columns);
  if (made.length > 0) made[0].gap = gap(before?.tokens.at(-1)?.text ?? "", made[0].text);
  const language = isFinal ? message.language : before?.language;
  const skipped = text.length - text.trimStart().length;
  const committed = isFinal ? Infinity : message.committed - skipped;
  const block = { session, utterance, isFinal, language, end, committed, used: 0 };
  return broken({ ...block, tokens: made, breaks: [] }, before, columns, stood);
}

/**
 * Tell whether words go on in the line of those before.
 * @param {Block | null} before
 * @param {Final | Partial} message
 */
function goesOn(before, { session, start }) {
  if (!before?.isFinal || before.session !== session) return false;
  return start - before.end < PAUSE_SECONDS;
}

/**
 * @param {Block} block
 * @param {Block | null} before
 * @param {number} columns
 * @param {import("./caption-breaks.js").Broken} stood
 * @returns {Block}
 */
function broken(block, before, columns, stood) {
  const place = { used: before?.used ?? 0, last: before?.tokens.at(-1) };
  const { breaks, used } = breakLines(block.tokens, place, { ...block, columns }, stood);
  return { ...block, breaks, used };
}

/**
 * Break utterances that stand behind others now.
 * @param {Roll} roll
 * @param {readonly Block[]} blocks
 * @param {number} [from] the first of them
 * @returns {Roll}
 */
function rebroken(roll, blocks, from = 0) {
  /** @type {Block[]} */
  const made = blocks.slice(0, from);
  for (const block of blocks.slice(from)) {
    made.push(broken(block, made.at(-1) ?? roll.tail, roll.columns, block));
  }
  return { ...roll, blocks: made };
}

/**
 * Let lines be past as far as all before is final.
 * @param {Roll} roll
 * @returns {Roll}
 */
function settled(roll) {
  const open = roll.blocks.findIndex(({ isFinal }) => !isFinal);
  const count = open < 0 ? roll.blocks.length : open;
  if (count === 0) return roll;
  const done = roll.blocks.slice(0, count);
  const past = done.reduce(joined, roll.past);
  return paged({ ...roll, past, tail: done[count - 1], blocks: roll.blocks.slice(count) });
}

/**
 * Put lines that can change no more out of the way; the last one may go on.
 * @param {Roll} roll
 * @returns {Roll}
 */
function paged(roll) {
  const { pages, past } = roll;
  if (past.length <= PAGE_LINES) return roll;
  const start = settledCount(roll);
  return { ...roll, start, pages: [...pages, past.slice(0, -1)], past: past.slice(-1) };
}

/**
 * Add the lines of an utterance.
 * @param {readonly Line[]} above
 * @param {Block} block
 * @returns {readonly Line[]}
 */
function joined(above, block) {
  const made = [...above];
  const begins = new Set(block.breaks);
  block.tokens.forEach((token, i) => {
    const isFirst = begins.has(i) || made.length === 0;
    const line = isFirst ? [] : /** @type {Line} */ (made.pop());
    made.push(longer(line, isFirst ? "" : token.gap, { kind: kindOf(block, token), text: token.text }));
  });
  return made;
}

/**
 * Add to a line; the gap belongs to what stands before it, so that no underline begins with it.
 * @param {Line} line
 * @param {string} gap
 * @param {Piece} piece
 * @returns {Line}
 */
function longer(line, gap, { kind, text }) {
  const last = line.at(-1);
  if (!last) return [{ kind, text }];
  const before = line.slice(0, -1);
  if (last.kind === kind) return [...before, { kind, text: last.text + gap + text }];
  return [...before, { kind: last.kind, text: last.text + gap }, { kind, text }];
}

/**
 * @param {Block} block
 * @param {Token} token
 * @returns {Kind}
 */
function kindOf({ isFinal, committed }, { points }) {
  if (isFinal) return "final";
  return points <= committed ? "committed" : "tentative";
}
