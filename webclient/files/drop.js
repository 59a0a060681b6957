/**
 * Take files that are dropped on the page or chosen by a button; text goes where it is dropped.
 * Knows elements and events; knows nothing of what becomes of a file.
 */

import { element } from "../page.js";

/** What the dialog offers first; some systems know no type for these endings. */
const ACCEPTED = "audio/*,video/*,.wav,.mp3,.flac,.ogg,.opus,.m4a,.mp4,.mov,.webm";

/** While something is dragged over the page this comes again and again. */
const QUIET_MS = 500;

/**
 * @param {{isOpen: () => boolean, onFiles: (files: File[]) => void}} listener *isOpen*: whether files
 *   are taken now
 */
export function initDrop({ isOpen, onFiles }) {
  const target = element("drop");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const show = (/** @type {boolean} */ isShown) => {
    clearTimeout(timer);
    target.hidden = !isShown;
    // A drag that is given up outside the window ends without a word in some browsers.
    if (isShown) timer = setTimeout(() => show(false), QUIET_MS);
  };
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    // Otherwise the browser would leave the page for the file.
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = isOpen() ? "copy" : "none";
    show(isOpen());
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    show(false);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (isOpen() && files.length > 0) onFiles(files);
  });
  initButton(onFiles);
}

/** @param {(files: File[]) => void} onFiles */
function initButton(onFiles) {
  const field = /** @type {HTMLInputElement} */ (element("chosen-files"));
  field.accept = ACCEPTED;
  element("choose").addEventListener("click", () => field.click());
  field.addEventListener("change", () => {
    const files = [...(field.files ?? [])];
    // The same file can be chosen again.
    field.value = "";
    if (files.length > 0) onFiles(files);
  });
}

/** @param {DragEvent} event */
function hasFiles({ dataTransfer }) {
  return dataTransfer?.types.includes("Files") ?? false;
}
