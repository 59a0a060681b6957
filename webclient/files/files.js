/**
 * Files on the page: taken from people, recognized one after the other, their words in the text.
 * Knows the parts; decides nothing that another module could decide.
 */

import { connect } from "../dictation-client.js";
import { server } from "../admission.js";
import { DictationError } from "../client/failures.js";
import { announce } from "../page.js";
import { problemOf, sentence } from "../problems.js";
import { startFor } from "../wishes.js";
import { Course } from "./course.js";
import { initDrop } from "./drop.js";
import { RATE, Unusable } from "./limits.js";
import { initList, showFiles } from "./list.js";
import * as queues from "./queue.js";
import { openSound } from "./sound.js";
import * as wording from "./wording.js";

/**
 * @typedef {{isOpen: () => boolean, hindrance: () => wording.Hindrance, token: () => string,
 *   wishes: () => Partial<import("../wishes.js").SessionWishes>,
 *   onBegin: (isFirst: boolean, isAgain: boolean) => Promise<void>,
 *   onMessage: (message: import("../client/protocol.js").Message) => void,
 *   onBusy: () => void, onToken: (why: string) => void}} Page
 *   *isOpen*: whether files are taken now; *onBusy*: whether a file is being recognized may have
 *   changed; *onToken*: another token is needed
 */

/** Without a text of their own these are told as they are. */
const UNKNOWN = "Something went wrong with it.";

/**
 * @param {Page} page
 */
export function initFiles(page) {
  /** What was told last of each file. @type {Map<number, string>} */
  const told = new Map();
  const course = new Course({
    isFree: () => page.isOpen() && page.hindrance() === "",
    openSound,
    connect: (signal) => open(page, signal),
    onBegin: page.onBegin,
    onMessage: page.onMessage,
    onQueue: show,
    explain: (error) => explain(error, page),
  });

  function show() {
    const { entries } = course.queue;
    const hindrance = page.hindrance();
    showFiles(entries, hindrance);
    for (const entry of entries) {
      const news = wording.news(entry, hindrance);
      if (news && told.get(entry.id) !== news) announce(news);
      told.set(entry.id, news);
    }
    page.onBusy();
  }

  initList({
    onRetry: (id) => course.retry(id),
    onRemove: (id) => {
      const entry = course.queue.entries.find((one) => one.id === id);
      course.remove(id);
      if (entry && wording.dismissal(entry) === "Cancel") announce(wording.cancelled(entry));
    },
  });
  initDrop({ isOpen: page.isOpen, onFiles: (files) => course.add(files) });

  return {
    /** The name of the file that is being recognized; empty for none. */
    get current() {
      return queues.active(course.queue)?.name ?? "";
    },
    /** True while a reload would lose something. */
    get isUnfinished() {
      return queues.isUnfinished(course.queue);
    },
    /** What goes on beside files may have changed. */
    look() {
      course.look();
      show();
    },
  };
}

/**
 * @param {Page} page
 * @param {AbortSignal} signal
 */
function open(page, signal) {
  const start = startFor(page.wishes(), RATE);
  return connect(server.socketUrl, { ...start, token: page.token(), signal });
}

/**
 * @param {unknown} error
 * @param {Page} page
 * @returns {string}
 */
function explain(error, page) {
  if (error instanceof Unusable) return wording.refusal(error);
  if (!(error instanceof DictationError)) {
    return error instanceof Error ? sentence(error.message) : UNKNOWN;
  }
  const { title, text, remedy } = problemOf(error);
  if (remedy === "token") page.onToken(text);
  return [`${title}.`, text].filter(Boolean).join(" ");
}
