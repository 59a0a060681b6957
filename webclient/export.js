/**
 * Take the text elsewhere: to the clipboard or into a file.
 * Knows text and the browser; knows nothing of transcripts.
 */

/** How long a button says that it did its work. */
const TOLD_MS = 2_000;

/**
 * @param {string} text
 * @param {HTMLElement} button says how it went
 */
export async function copyText(text, button) {
  const label = button.dataset.label ?? button.textContent ?? "";
  button.dataset.label = label;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => (button.textContent = label), TOLD_MS);
}

/**
 * @param {string} text
 * @param {string} type of media
 * @param {string} name of the file
 */
export function downloadText(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
