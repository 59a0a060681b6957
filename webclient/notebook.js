/**
 * Hold what was said and what is written: show it, keep it, hand it out, clear it.
 * Knows nothing of sound or connections.
 */

import * as drafts from "./drafts.js";
import { downloadText } from "./export.js";
import { FORMATS } from "./formats.js";
import * as handwriting from "./handwriting.js";
import * as landing from "./landing.js";
import * as manuscripts from "./manuscript.js";
import { hideToast, showFlow, showToast } from "./notices.js";
import { announce, element } from "./page.js";
import { place } from "./place.js";
import * as reunion from "./reunion.js";
import { stepsOf } from "./spoken-commands.js";
import * as surface from "./surface.js";
import { initToolbar, showHere, showToolbar } from "./toolbar.js";
import * as transcripts from "./transcript.js";
import { fileName } from "./wording.js";

/**
 * @typedef {transcripts.Transcript} Transcript
 * @typedef {manuscripts.Manuscript} Manuscript
 * @typedef {Partial<Transcript> & {manuscript?: manuscripts.Kept}} Keepsake
 */

/**
 * Sessions are numbered from the moment on, so that no two tabs give the same number.
 * @type {Transcript}
 */
let transcript = { ...transcripts.EMPTY, session: Date.now() };

let manuscript = manuscripts.blank(drafts.newId());

/** @type {Keepsake} */
let kept = {};

/** What was cleared, as long as the toast offers it. @type {manuscripts.Kept | null} */
let cleared = null;

/**
 * What an earlier page left, as long as it is offered.
 * @type {Awaited<ReturnType<typeof drafts.findDraft>>}
 */
let offered = null;

/** @type {import("./spoken-commands.js").Table} */
let commands = {};

/** Show what an earlier visit of this tab left, and let pens and buttons work. */
export function initNotebook() {
  surface.initSurface({ onEdit: edit, onUndo: stepBack, onRedo: stepForward, onCursor: showHere });
  initToolbar({
    text: () => manuscript.text.trim(),
    onSave: save,
    onClear: clear,
    onUndo: stepBack,
    onRedo: stepForward,
    onHere: dictateHere,
  });
  element("bring-back").addEventListener("click", bringBack);
  drafts.initDrafts((isKept) => showFlow({ isTextLoose: !isKept }));
  const own = drafts.ownDraft();
  if (own) open(own);
  turn(transcript, manuscript);
  claim();
}

/**
 * Take a message from the server.
 * @param {import("./client/protocol.js").Message} message
 * @returns {boolean} whether somebody said that the dictation is to stop
 */
export function receive(message) {
  return follow(transcripts.apply(transcript, message));
}

/** Keep what was heard but will never be final. */
export function abandon() {
  follow(transcripts.abandon(transcript));
}

/** Let what is said from now on open a paragraph. */
export function breakParagraph() {
  turn(transcripts.breakParagraph(transcript), manuscript);
}

/** Let what is said from now on land at the cursor. */
export function goToCursor() {
  turn(transcript, place(manuscript, surface.selected()));
}

/**
 * Choose what people may say instead of pressing keys.
 * @param {import("./spoken-commands.js").Table} table
 */
export function obey(table) {
  commands = table;
}

/** Give what has to outlive the page; the same value as long as it did not change. */
export function keepsake() {
  return kept;
}

/** False while the text is nowhere but on this page. */
export const isKept = drafts.isKept;

/**
 * Go on with what another page kept, below what this one has of its own.
 * @param {Keepsake} left
 */
export function reopen(left) {
  const known = new Set(left.sentences?.map(({ key }) => key));
  const isDoomed = (/** @type {string} */ key) =>
    key.startsWith(`${left.session}.`) && !known.has(key);
  const other = left.manuscript ?? manuscripts.keepsake(written(left.sentences ?? []));
  const draft = /** @type {any} */ (drafts.storedDraft(other.id));
  const newest = reunion.newest(other, draft, isDoomed);
  const said = newest === other ? left : { ...left, sentences: survivors(draft, isDoomed) };
  const { id } = manuscript;
  turn(transcripts.reopen(transcript, said), reunion.reunited(manuscript, newest, isDoomed));
  if (id !== manuscript.id) drafts.dropDraft(id);
  claim();
}

/**
 * @param {{sentences: transcripts.Sentence[]}} draft
 * @param {(key: string) => boolean} isDoomed
 */
function survivors({ sentences }, isDoomed) {
  return sentences.filter(({ key }) => !isDoomed(key));
}

/** Bring back what was cleared. */
export function undoClear() {
  if (!cleared) return;
  const back = reunion.bringBack(manuscript, cleared);
  cleared = null;
  turn(transcripts.undoClear(transcript), back);
}

/** Offer the text that an earlier page left, if nobody has it and nothing stands here. */
export async function offerDraft() {
  const found = manuscript.text === "" && !offered ? await drafts.findDraft() : null;
  if (!found) return;
  offered = found;
  lapse();
  element("bring-back").hidden = offered === null;
}

function bringBack() {
  if (!offered) return;
  const { draft, release } = offered;
  offered = null;
  drafts.holdDraft(draft.id, release);
  element("bring-back").hidden = true;
  open(draft);
  turn(transcript, manuscript);
  surface.focusText();
}

/** The offer of an earlier text ends once another one stands here: other tabs may have it. */
function lapse() {
  if (!offered || manuscript.text === "") return;
  offered.release();
  offered = null;
  element("bring-back").hidden = true;
}

/** @param {import("./drafts.js").Draft} draft */
function open(draft) {
  const { sentences, ...rest } = /** @type {any} */ (draft);
  transcript = transcripts.bringBack(transcript, sentences);
  manuscript = landing.hear(manuscripts.opened(rest), transcripts.heardNow(transcript));
}

/** Let no other tab write the same draft. */
async function claim() {
  const { id } = manuscript;
  if (await drafts.claimDraft(id)) return;
  // This tab is the copy of one that is still there.
  if (manuscript.id === id) turn(transcript, { ...manuscript, id: drafts.newId() });
}

/**
 * Go on to another transcript, and let its new sentences land.
 * @param {Transcript} next
 * @returns {boolean} whether somebody said that the dictation is to stop
 */
function follow(next) {
  let isStop = false;
  let now = manuscript;
  for (const sentence of next.sentences.slice(transcript.sentences.length)) {
    const steps = stepsOf(sentence, commands);
    isStop ||= steps.some((step) => "action" in step && step.action === "stop_dictation");
    now = landed(now, sentence, steps);
    surface.checkSpelling(sentence.language);
  }
  turn(next, landing.hear(now, transcripts.heardNow(next)));
  return isStop;
}

/**
 * @param {Manuscript} now
 * @param {transcripts.Sentence} sentence
 * @param {import("./spoken-commands.js").Step[]} steps
 */
function landed(now, { key, opens, kind }, steps) {
  return landing.land(now, { key, opens, isSure: kind !== "unconfirmed" }, steps);
}

/**
 * Write down what a page kept that knew no manuscripts.
 * @param {transcripts.Sentence[]} sentences
 */
function written(sentences) {
  const empty = manuscripts.blank(drafts.newId());
  const land = (/** @type {Manuscript} */ now, /** @type {transcripts.Sentence} */ sentence) =>
    landed(now, sentence, stepsOf(sentence, commands));
  return sentences.reduce(land, empty);
}

/** @param {import("./changes.js").Change} change in sight */
function edit(change) {
  const edited = handwriting.edit(manuscript, change);
  if (edited === manuscript) announce("Words that are still being heard cannot be changed yet.");
  turn(transcript, edited);
}

function stepBack() {
  const isClearing = cleared !== null && manuscript.history.done.at(-1)?.kind === "other";
  if (isClearing) {
    cleared = null;
    hideToast();
  }
  const said = isClearing ? transcripts.undoClear(transcript) : transcript;
  turn(said, manuscripts.undo(manuscript));
}

function stepForward() {
  turn(transcript, manuscripts.redo(manuscript));
}

function dictateHere() {
  goToCursor();
  surface.focusText();
  announce("The next words go to the cursor.");
}

/** @param {import("./formats.js").Extension} extension */
function save(extension) {
  const { type, write } = FORMATS[extension];
  const work = { text: manuscript.text, sentences: transcript.sentences };
  downloadText(write(work), type, fileName(new Date(), extension));
}

function clear() {
  cleared = manuscripts.keepsake(manuscript);
  turn(transcripts.clear(transcript), reunion.clear(manuscript));
  showToast("Cleared.");
}

/**
 * Show what there is now, and keep it.
 * @param {Transcript} nextTranscript
 * @param {Manuscript} nextManuscript
 */
function turn(nextTranscript, nextManuscript) {
  transcript = nextTranscript;
  manuscript = nextManuscript;
  surface.showManuscript(manuscript);
  showToolbar(manuscript, transcript.sentences.length > 0);
  lapse();
  note();
}

function note() {
  const now = { ...transcripts.keepsake(transcript), manuscript: kept.manuscript };
  const written = manuscripts.keepsake(manuscript);
  if (differs(written, kept.manuscript ?? {})) now.manuscript = written;
  if (!differs(now, kept)) return;
  kept = now;
  const { sentences, session } = transcript;
  drafts.keepDraft({ ...written, sentences, session });
}

/**
 * @param {Record<string, any>} one
 * @param {Record<string, any>} other
 */
function differs(one, other) {
  return Object.keys(one).some((name) => one[name] !== other[name]);
}
