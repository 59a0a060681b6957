/**
 * The button that lets others read along, and the dialog with their links.
 * Knows elements; what comes of them is known to sharing.
 */

import { copyText } from "./export.js";
import { announce, element, setText } from "./page.js";
import { Sharing } from "./share.js";
import { RoomServer } from "./share-rooms.js";
import { BUTTON, reach, SPANS, until } from "./share-wording.js";
import { forget, recall, remember } from "./storage.js";

const button = element("share");
const panel = /** @type {HTMLDialogElement} */ (element("share-panel"));
const form = /** @type {HTMLFormElement} */ (element("share-form"));
const links = element("share-links");
const title = /** @type {HTMLInputElement} */ (element("share-title"));
const span = /** @type {HTMLSelectElement} */ (element("share-span"));

/** Where the room of this tab is remembered. */
const KEY = "room";

/** @type {import("./share.js").Memory} */
const memory = {
  recall: () => recall("tab", KEY, null),
  remember: (room) => (room ? remember("tab", KEY, room) : forget("tab", KEY)),
};

/**
 * Let button and dialog work.
 * @param {{token: () => string, onRoom: (room: string) => void, onNews: (text: string) => void
 *   }} page *onNews*: is told what nobody asked for
 * @returns {Sharing}
 */
export function initSharing({ token, onRoom, onNews }) {
  const sharing = new Sharing(new RoomServer(document.baseURI), memory, {
    onRoom,
    onChange: (shared) => {
      show(shared);
      if (shared.isNews) onNews(shared.note);
    },
  });
  span.replaceChildren(...SPANS.map(({ label, seconds }) => new Option(label, String(seconds ?? ""))));
  button.addEventListener("click", () => panel.showModal());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sharing.open(token(), { title: title.value.trim(), seconds: Number(span.value) || null });
  });
  element("share-stop").addEventListener("click", () => sharing.end(token()));
  initLinks();
  initClosing();
  return sharing;
}

function initLinks() {
  for (const copy of links.querySelectorAll("button[data-copies]")) {
    const place = /** @type {HTMLButtonElement} */ (copy);
    const field = fieldOf(place.dataset.copies ?? "");
    place.addEventListener("click", () => copyText(field.value, place));
    field.addEventListener("focus", () => field.select());
  }
}

function initClosing() {
  for (const close of panel.querySelectorAll("button[data-closes]")) {
    close.addEventListener("click", () => panel.close());
  }
  // What is pressed here is none of the keys that dictate: Escape closes this, and stops nothing.
  panel.addEventListener("keydown", (event) => event.stopPropagation());
}

/** @param {import("./share.js").Shared} shared */
function show({ phase, room, note }) {
  button.ariaLabel = room ? BUTTON.shared : BUTTON.alone;
  button.classList.toggle("sharing", room !== null);
  if (room && links.hidden) announce("Others can read along now.");
  const hadFocus = panel.open && panel.contains(document.activeElement);
  form.hidden = room !== null;
  links.hidden = room === null;
  if (room) showLinks(room);
  setBusy(phase === "opening" || phase === "ending");
  setText(element("share-refused"), room ? "" : note);
  setText(element("share-unstopped"), room ? note : "");
  // Whoever pressed a button that is gone goes on at the first thing in its place.
  if (hadFocus && !panel.contains(visibleFocus())) (room ? fieldOf("captions") : title).focus();
}

/** @param {import("./share-rooms.js").Room} room */
function showLinks({ links, expires, title }) {
  for (const name of /** @type {const} */ (["captions", "overlay", "vtt", "srt"])) {
    fieldOf(name).value = links[name];
  }
  setText(element("share-named"), title ? `Others read along: ${title}` : "Others read along");
  setText(element("share-until"), until(expires, Date.now() / 1000));
  setText(element("share-reach"), reach(links.captions));
}

/** @param {boolean} isBusy */
function setBusy(isBusy) {
  for (const name of ["share-open", "share-stop"]) {
    element(name).setAttribute("aria-disabled", String(isBusy));
  }
}

/** Give what has the focus, unless it is hidden. */
function visibleFocus() {
  const { activeElement } = document;
  return activeElement?.closest("[hidden]") ? null : activeElement;
}

/** @param {string} name of a link */
function fieldOf(name) {
  return /** @type {HTMLInputElement} */ (element(`share-${name}`));
}
