/**
 * Wire the page together.
 * Decides nothing that another module could decide.
 */

import { askAdmission } from "./admission.js";
import { canCapture } from "./capture.js";
import { initDeck, showElapsed, showLevel, showPhase, showVoice } from "./deck.js";
import { Dictation } from "./dictation.js";
import { askForToken, closeDoor, initDoor } from "./door.js";
import { initNotebook, keepsake, write } from "./notebook.js";
import * as notices from "./notices.js";
import { chosenOptions, initOptions, showDevices, showLanguages } from "./options.js";
import { announce } from "./page.js";
import { denial, INSECURE } from "./problems.js";
import { keepToken, takeToken } from "./token.js";
import { abandon, apply, breakParagraph, reopen, undoClear } from "./transcript.js";
import { initWakeLock, keepAwake } from "./wakelock.js";
import { CALM, heed, SOUNDLESS } from "./wording.js";
import { initWords } from "./words.js";

let token = takeToken();

/** True while an earlier visit's dictation waits to go on: it does so in mid-sentence. */
let isReopened = false;

const dictation = new Dictation({
  onPhase: (phase) => {
    showPhase(phase);
    keepAwake(phase !== "idle");
    notices.showProblem(phase, dictation.keptSeconds > 0);
    if (phase === "reconnecting" || phase === "recovering") {
      notices.showFlow({ ...CALM, keptSeconds: dictation.keptSeconds });
    } else if (phase === "paused" || phase === "finishing") notices.showFlow(SOUNDLESS);
    else if (phase !== "listening") notices.showFlow(CALM);
  },
  onMessage: receive,
  text: keepsake,
  onHeard: ({ level, seconds, ...sound }) => {
    showLevel(level);
    showElapsed(seconds);
    notices.showFlow(sound);
  },
  onProblem: (problem) => {
    notices.setProblem(problem);
    notices.showProblem(dictation.phase, dictation.keptSeconds > 0);
    if (problem?.remedy === "token") askForToken(problem.text);
  },
});

/** @param {import("./client/protocol.js").Message} message */
function receive(message) {
  write((transcript) => apply(transcript, message));
  switch (message.type) {
    case "ready":
      notices.showPractice(message.practice);
      showLanguages(message.languages);
      showDevices();
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
    case "warning":
      notices.showFlow(heed(message));
  }
}

const deeds = {
  start: () => {
    if (!isReopened) write(breakParagraph);
    isReopened = false;
    dictation.start({ token, ...chosenOptions() });
  },
  pause: () => dictation.pause(),
  resume: () => {
    write(breakParagraph);
    dictation.resume();
  },
  retry: () => dictation.retryNow(),
  stop: () => dictation.stop(),
  cancel: () => dictation.cancel(),
  giveUp: () => {
    isReopened = false;
    write(abandon);
    dictation.giveUp();
  },
  wait: () => {},
};

/**
 * Try a token and keep it if it is good.
 * @param {string} tried
 */
async function knock(tried) {
  const denied = denial(await askAdmission(tried));
  if (denied) return denied;
  token = tried;
  keepToken(token);
  return "";
}

/** Ask for a token only where the server wants one, or a better one. */
async function greet() {
  const answer = await askAdmission(token);
  if (answer !== null && denial(answer)) askForToken(token && denial(answer));
  else enter();
}

/** Show the page, and what an earlier visit did not finish; nobody sees that from before the door. */
async function enter() {
  closeDoor();
  const left = await dictation.restore();
  if (!left) return;
  isReopened = dictation.keptSeconds > 0;
  write((transcript) => reopen(transcript, /** @type {typeof transcript} */ (left.text)));
}

function initPage() {
  initWords();
  initNotebook();
  initWakeLock();
  initDeck((deed) => deeds[deed]());
  initDoor(knock, enter);
  initOptions(() => askForToken(""));
  notices.initNotices({
    onRetry: deeds.start,
    onRecover: () => dictation.recover(token),
    onDiscard: deeds.giveUp,
    onUndo: () => write(undoClear),
  });
  showPhase(dictation.phase);
  if (!canCapture()) notices.setProblem(INSECURE);
  notices.showProblem(dictation.phase, false);
  window.addEventListener("hashchange", () => {
    token = takeToken();
    greet();
  });
  window.addEventListener("online", () => dictation.renew());
  window.addEventListener("beforeunload", (event) => {
    const isUnsaved = dictation.keptSeconds > 0 && !dictation.isSaved;
    if (dictation.phase !== "idle" || isUnsaved) event.preventDefault();
  });
  greet();
}

initPage();
