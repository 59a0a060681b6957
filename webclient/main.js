/**
 * Wire the page together.
 * Decides nothing that another module could decide.
 */

import { canCapture } from "./capture.js";
import { initDeck, showElapsed, showLevel, showManner, showPhase, showVoice } from "./deck.js";
import { Dictation } from "./dictation.js";
import { askForToken, closeDoor } from "./door.js";
import { initEntry, WANTED } from "./entry.js";
import { harmless } from "./files/commands.js";
import { initFiles } from "./files/files.js";
import { occupied } from "./files/wording.js";
import { initHold } from "./hold.js";
import { keepPage } from "./installation.js";
import { INSECURE } from "./microphone-problems.js";
import * as notebook from "./notebook.js";
import * as notices from "./notices.js";
import {
  chosenManner,
  chosenOptions,
  initOptions,
  showDevices,
  showLanguages,
  showModel,
} from "./options.js";
import { announce, element, setText } from "./page.js";
import { allows } from "./phases.js";
import { pressed, released } from "./push-to-talk.js";
import { initSettings } from "./settings.js";
import { initSharing } from "./share-panel.js";
import { phrasesOf } from "./spoken-commands.js";
import { takeToken } from "./token.js";
import { initWakeLock, keepAwake } from "./wakelock.js";
import { CALM, heed, sayings, SOUNDLESS } from "./wording.js";

let token = takeToken();

/** True once an earlier visit's text stands here, if there is any. */
let isEntered = false;

/** True while an earlier visit's dictation waits to go on: it does so in mid-sentence. */
let isReopened = false;

/** True once sound came after the last start. */
let hasSound = false;

/** What the operator set; nothing until it is told. */
const settings = initSettings();

const dictation = new Dictation({
  onPhase: (phase) => {
    showPhase(phase);
    stayAwake();
    files.look();
    notices.showProblem(phase, dictation.keptSeconds > 0);
    if (phase === "reconnecting" || phase === "recovering") {
      notices.showFlow({ ...CALM, keptSeconds: dictation.keptSeconds });
    } else if (phase === "paused" || phase === "finishing") notices.showFlow(SOUNDLESS);
    else if (phase !== "listening") notices.showFlow(CALM);
  },
  onMessage: receive,
  text: notebook.keepsake,
  onHeard: ({ level, seconds, ...sound }) => {
    hasSound = true;
    showLevel(level);
    showElapsed(seconds);
    notices.showFlow(sound);
  },
  onProblem: (problem) => {
    const hasKept = dictation.keptSeconds > 0;
    const isForDoor = problem?.remedy === "token";
    // What the door says need not be said twice, but for what can be done about sound that is kept.
    notices.setProblem(isForDoor && !hasKept ? null : problem);
    notices.showProblem(dictation.phase, hasKept);
    if (isForDoor) askForToken(`${problem.title}. ${problem.text} ${WANTED.text}`);
  },
});

/** @param {import("./client/protocol.js").Message} message */
function receive(message) {
  if (notebook.receive(message) && allows(dictation.phase, "stop")) deeds.stop();
  switch (message.type) {
    case "ready":
      learn(message);
      break;
    case "speech":
      showVoice(message.event === "started");
      break;
    case "partial":
      notices.showFlow({ lagSeconds: message.lag });
      break;
    case "final":
      notices.showFlow({ lagSeconds: 0 });
      announce(message.text);
      break;
    case "error":
      if (message.code === "unknown_room") sharing.lose();
      break;
    case "warning":
      if (message.code === "not_shown") sharing.check();
      notices.showFlow(heed(message));
  }
}

/** @param {import("./client/protocol.js").Ready} ready */
function learn({ practice, languages, model }) {
  notices.showPractice(practice);
  showLanguages(languages);
  showModel(model);
  showDevices();
}

const files = initFiles({
  isOpen: () => isEntered && Boolean(element("door").hidden),
  hindrance: () => {
    if (dictation.phase !== "idle") return "speaking";
    return dictation.keptSeconds > 0 ? "unfinished" : "";
  },
  token: () => token,
  wishes: chosenOptions,
  onBegin: async (isFirst, isAgain) => {
    if (isFirst) notebook.goToCursor();
    if (!isAgain) notebook.breakParagraph();
    await obey();
  },
  onMessage: (message) => {
    notebook.receive(message);
    if (message.type === "ready") learn(message);
    if (message.type === "warning") notices.showFlow(heed(message));
  },
  onBusy: () => {
    if (!files.current && dictation.phase === "idle") notices.showFlow(CALM);
    stayAwake();
  },
  onToken: askForToken,
});

function stayAwake() {
  keepAwake(dictation.phase !== "idle" || files.current !== "");
}

const sharing = initSharing({
  token: () => token,
  onRoom: (room) => dictation.share(room),
  onNews: (text) => notices.showFlow({ warning: text }),
});

const deeds = {
  start: () => {
    if (files.current) return notices.showFlow({ warning: occupied(files.current) });
    if (!isReopened) goOn();
    isReopened = hasSound = false;
    obey();
    dictation.start({ token, ...chosenOptions() });
  },
  pause: () => dictation.pause(),
  resume: () => {
    goOn();
    dictation.resume();
  },
  retry: () => dictation.retryNow(),
  stop: () => dictation.stop(),
  cancel: () => dictation.cancel(),
  giveUp: () => {
    isReopened = false;
    notebook.abandon();
    dictation.giveUp();
    files.look();
  },
  wait: () => {},
};

/** What is said next goes to the cursor; whoever holds to talk makes paragraphs otherwise. */
function goOn() {
  notebook.goToCursor();
  if (chosenManner().manner === "free") notebook.breakParagraph();
}

/** Captions are what was said, and nothing else. */
async function obey() {
  const { language } = chosenOptions();
  const table = await allCommands();
  // Asked last, for a file may have begun meanwhile.
  notebook.obey(files.current ? harmless(table) : table);
  const told = sayings(Object.keys(phrasesOf(table, language || navigator.language)));
  setText(element("sayings"), told);
  element("sayings").hidden = !told;
}

async function allCommands() {
  const { commands } = await settings();
  return chosenOptions().profile === "captioning" ? {} : commands;
}

/**
 * @param {import("./wording.js").Deed | null} deed
 * @returns {boolean} whether there was anything to do
 */
function act(deed) {
  if (deed) deeds[deed]();
  return deed !== null;
}

/** Show the page, and what an earlier visit did not finish; nobody sees that from before the door. */
async function enter() {
  closeDoor();
  sharing.restore();
  const left = await dictation.restore();
  isEntered = true;
  if (left) {
    isReopened = dictation.keptSeconds > 0;
    notebook.reopen(/** @type {notebook.Keepsake} */ (left.text));
  } else notebook.offerDraft();
  files.look();
}

function initPage() {
  notebook.initNotebook();
  obey();
  initWakeLock();
  initDeck((deed) => deeds[deed]());
  initOptions({
    onForgetToken: () => {
      // Nobody sees behind the door that the microphone is on.
      if (allows(dictation.phase, "stop")) deeds.stop();
      askForToken("");
    },
    onChange: () => {
      showManner(chosenManner().manner);
      if (dictation.phase === "idle") obey();
    },
  });
  showManner(chosenManner().manner);
  initHold({
    chosen: chosenManner,
    onPress: () => act(pressed(dictation.phase)),
    onRelease: () => act(released(dictation.phase, hasSound)),
  });
  notices.initNotices({
    onRetry: (problem) => (problem === WANTED ? askForToken("") : deeds.start()),
    onRecover: () => {
      isReopened = false;
      dictation.recover(token);
    },
    onDiscard: deeds.giveUp,
    onUndo: notebook.undoClear,
  });
  showPhase(dictation.phase);
  if (!canCapture()) notices.setProblem(INSECURE);
  notices.showProblem(dictation.phase, false);
  const greet = initEntry({
    token: () => token,
    onToken: (better) => {
      token = better;
    },
    onEnter: enter,
    onBack: () => dictation.phase === "idle" && obey(),
    phase: () => dictation.phase,
  });
  window.addEventListener("hashchange", () => {
    token = takeToken();
    greet();
  });
  window.addEventListener("online", () => dictation.renew());
  window.addEventListener("beforeunload", (event) => {
    const isUnsaved = dictation.keptSeconds > 0 && !dictation.isSaved;
    const isLoose = isUnsaved || files.isUnfinished || !notebook.isKept();
    if (dictation.phase !== "idle" || isLoose) event.preventDefault();
  });
  greet();
  keepPage();
}

initPage();
