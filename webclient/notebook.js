/**
 * Hold the transcript: show it, keep it for this tab, hand it out, clear it.
 * Knows nothing of sound or connections.
 */

import { copyText, downloadText } from "./export.js";
import { showToast } from "./notices.js";
import { element } from "./page.js";
import { recall, remember } from "./storage.js";
import * as transcripts from "./transcript.js";
import { showWords } from "./words.js";
import { fileName } from "./wording.js";

/** Sessions are numbered from the moment on, so that no two tabs give the same number. */
const fresh = { ...transcripts.EMPTY, session: Date.now() };

/** @type {transcripts.Transcript} */
let transcript = { ...fresh, ...recall("tab", "transcript", {}) };

let kept = transcripts.keepsake(transcript);

/** Show what an earlier visit of this tab left, and let the buttons work. */
export function initNotebook() {
  const copy = element("copy");
  copy.addEventListener("click", () => copyText(transcripts.plainText(transcript), copy));
  element("download").addEventListener("click", () => {
    downloadText(transcripts.plainText(transcript), fileName(new Date()));
  });
  element("clear").addEventListener("click", () => {
    write(transcripts.clear);
    showToast("Cleared.");
  });
  show();
}

/**
 * Go on to the transcript that *change* makes of this one.
 * @param {(transcript: transcripts.Transcript) => transcripts.Transcript} change
 */
export function write(change) {
  const before = transcript;
  transcript = change(before);
  if (transcript === before) return;
  show();
  note();
  const { sentences, session } = transcript;
  if (sentences !== before.sentences) {
    // The session's number keeps the keys of what follows a reload apart from these.
    remember("tab", "transcript", { sentences, session });
  }
}

/** Give what has to outlive the page; the same value as long as it did not change. */
export function keepsake() {
  return kept;
}

function note() {
  const now = transcripts.keepsake(transcript);
  const names = /** @type {(keyof transcripts.Transcript)[]} */ (Object.keys(now));
  if (names.some((name) => now[name] !== kept[name])) kept = now;
}

function show() {
  showWords(transcripts.paragraphs(transcript));
  const isEmpty = !transcripts.plainText(transcript);
  for (const id of ["copy", "download"]) {
    /** @type {HTMLButtonElement} */ (element(id)).disabled = isEmpty;
  }
  /** @type {HTMLButtonElement} */ (element("clear")).disabled = transcript.sentences.length === 0;
}
