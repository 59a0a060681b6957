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

/** @type {transcripts.Transcript} */
let transcript = { ...transcripts.EMPTY, ...recall("tab", "transcript", {}) };

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
  const { sentences, session } = transcript;
  if (sentences !== before.sentences) {
    // The session's number keeps the keys of what follows a reload apart from these.
    remember("tab", "transcript", { sentences, session });
  }
}

function show() {
  showWords(transcripts.paragraphs(transcript));
  const isEmpty = !transcripts.plainText(transcript);
  for (const id of ["copy", "download"]) {
    /** @type {HTMLButtonElement} */ (element(id)).disabled = isEmpty;
  }
  /** @type {HTMLButtonElement} */ (element("clear")).disabled = transcript.sentences.length === 0;
}
