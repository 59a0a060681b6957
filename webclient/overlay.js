/**
 * Captions over a picture, as a browser source of studio software such as OBS.
 * Decides nothing that another module could decide.
 *
 * The address names the room and its token, and how the captions look, all of it optional:
 * `size` of the letters (48, or with a unit as in 5vh), `lines` (1 to 6), `align` (left, center,
 * right), `position` (top, middle, bottom), `color` and `background` (names, or digits as in ffcc00;
 * eight of them for a translucent one; `transparent`), `font` (the name of one that is installed),
 * `characters` of a line (12 to 80), `fade` after so many seconds of silence (0 for never).
 *
 * What goes wrong is never shown over the picture, save that the address is not complete.
 */

import { CaptionPast } from "./caption-past.js";
import { CaptionSheet } from "./caption-sheet.js";
import { CaptionStory } from "./caption-story.js";
import { lookOf } from "./overlay-look.js";
import { OverlayWindow } from "./overlay-window.js";
import { element } from "./page.js";
import { roomIn } from "./room-address.js";
import { RoomClient } from "./room-client.js";

const SHOW_WITHIN_MS = 40;

const look = lookOf(new URL(location.href).searchParams, (name, value) => CSS.supports(name, value));
const place = element("lines");
const sheet = new CaptionSheet(place);
const story = new CaptionStory(look.characters, false);
const opening = new OverlayWindow(look.lines);
const past = new CaptionPast();

/** @type {number | undefined} */
let timer;
/** @type {number | undefined} */
let fading;

/** @param {import("./room-messages.js").Message} message */
function receive(message) {
  if (message.type === "room") past.enter(message);
  if (message.type === "final" && past.has(message)) return;
  story.take(message);
  const { count } = story;
  opening.limit(count);
  if (message.type === "final" || (message.type === "partial" && message.text)) {
    opening.open(count);
    stay();
  }
  timer ??= window.setTimeout(show, SHOW_WITHIN_MS);
}

function show() {
  timer = undefined;
  sheet.show(story.lines(opening.from(story.count)));
}

/** Stay until nothing was said for a while. */
function stay() {
  place.classList.remove("faded");
  clearTimeout(fading);
  if (look.fadeSeconds > 0) fading = window.setTimeout(fade, 1000 * look.fadeSeconds);
}

function fade() {
  place.classList.add("faded");
  opening.clear(story.count, story.isOpen);
  story.breakLine();
}

function dress() {
  const { dataset, style } = document.documentElement;
  dataset.align = look.align;
  dataset.position = look.position;
  for (const name of /** @type {const} */ (["size", "color", "background", "font"])) {
    if (look[name]) style.setProperty(`--${name}`, look[name]);
  }
  style.setProperty("--characters", String(look.characters));
}

function initPage() {
  dress();
  const room = roomIn(location.href);
  element("incomplete").hidden = room !== null;
  if (room === null) return;
  const onState = () => {};
  const client = new RoomClient(room.url, room.token, { onMessage: receive, onState });
  client.open();
  window.addEventListener("online", () => client.hurry());
}

initPage();
