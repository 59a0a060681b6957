/**
 * Wire the captions page together.
 * Decides nothing that another module could decide.
 */

import { CaptionPast } from "./caption-past.js";
import { CaptionSheet } from "./caption-sheet.js";
import { CaptionStory } from "./caption-story.js";
import { initOptions } from "./captions-options.js";
import { advice, holdLabel, told, welcome } from "./captions-wording.js";
import { COLUMNS } from "./columns.js";
import { element, setText, sizes } from "./page.js";
import { roomIn } from "./room-address.js";
import { RoomClient } from "./room-client.js";

/** Messages that come at once are shown at once, and a page in the background is shown too. */
const SHOW_WITHIN_MS = 40;

/** A line that is shorter holds too little of a sentence. */
const FEWEST_COLUMNS = 12;

/** Of the width of a digit: letters are narrower on average, and a line that is not may wrap. */
const LETTER = 0.92;

/** Within this many pixels of its end the sheet follows the words. */
const NEAR_PX = 24;

/** Announcements that stand until newer ones come. */
const ANNOUNCED = 4;

const place = element("sheet");
const hold = element("hold");
const latest = element("latest");
const ruler = element("ruler");
const announcer = element("announcer");
const sheet = new CaptionSheet(element("lines"));
const story = new CaptionStory();
const past = new CaptionPast();

/** @type {import("./room-client.js").State} */
let state = { phase: "connecting" };
let isLive = false;
let isHeld = false;
/** False once somebody scrolled back to read. */
let isFollowing = true;
/** The sheet's sizes when its end was last looked after. */
let sizesSeen = "";
/** @type {number | undefined} */
let timer;

/** @param {import("./room-messages.js").Message} message */
function receive(message) {
  story.take(message);
  if (message.type === "room") {
    enter(message);
  } else if (message.type === "live") {
    isLive = message.live;
    showState();
  } else if (message.type === "final") {
    if (message.language) element("lines").lang = message.language;
    if (!past.has(message) && !isHeld) announce(message.text);
  }
  timer ??= window.setTimeout(show, SHOW_WITHIN_MS);
}

/** @param {import("./room-messages.js").Room} room */
function enter(room) {
  const { title, live } = room;
  isLive = live;
  past.enter(room);
  element("earlier").hidden = !past.isCut;
  setText(element("title"), title || "Captions");
  document.title = title ? `${title} – Captions` : "Captions";
  showState();
}

function showState() {
  const { text, lamp } = told(state, isLive);
  const isEmpty = story.count === 0;
  setText(element("state"), isEmpty ? text : [text, advice(state)].filter(Boolean).join(" "));
  element("lamp").className = lamp;
  setText(element("welcome"), welcome(state));
}

function show() {
  clearTimeout(timer);
  timer = undefined;
  const { count } = story;
  setText(hold, holdLabel(isHeld, Math.max(0, count - sheet.count)));
  if (isHeld) return;
  const { from, lines } = story.news();
  sheet.show(lines, from);
  element("welcome").hidden = count > 0;
  follow();
}

/** Give lines the length that there is room for. */
function measure() {
  const columns = Math.floor(place.clientWidth / (LETTER * ruler.getBoundingClientRect().width));
  story.columns = Math.min(COLUMNS, Math.max(FEWEST_COLUMNS, columns || COLUMNS));
  show();
}

function follow() {
  if (isFollowing) place.scrollTop = place.scrollHeight;
  sizesSeen = sizes(place);
}

/**
 * Say it to those who listen to the page; nobody sees it.
 * @param {string} text
 */
function announce(text) {
  const said = document.createElement("p");
  said.textContent = text;
  announcer.append(said);
  while (announcer.children.length > ANNOUNCED) announcer.firstElementChild?.remove();
}

function goToLatest() {
  isFollowing = true;
  follow();
  place.focus({ preventScroll: true });
}

function initPage() {
  initOptions(measure);
  new ResizeObserver(measure).observe(place);
  place.addEventListener("scroll", () => {
    // What moved while sizes change, nobody scrolled away.
    if (isFollowing && sizes(place) !== sizesSeen) return follow();
    isFollowing = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_PX;
    latest.hidden = isFollowing;
  });
  latest.addEventListener("click", goToLatest);
  hold.addEventListener("click", () => {
    isHeld = !isHeld;
    show();
  });
  connect();
}

function connect() {
  const room = roomIn(location.href);
  if (room === null) {
    state = { phase: "over", reason: "incomplete" };
    return showState();
  }
  const onState = (/** @type {typeof state} */ now) => {
    state = now;
    showState();
  };
  const client = new RoomClient(room.url, room.token, { onMessage: receive, onState });
  client.open();
  window.addEventListener("online", () => client.hurry());
  document.addEventListener("visibilitychange", () => document.hidden || client.hurry());
}

initPage();
