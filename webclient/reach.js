/**
 * What is told of a server that cannot be reached, and when to tell it no more.
 * Knows whom to ask; knows nothing of the page.
 */

import { askAdmission } from "./admission.js";

const AGAIN_MS = 5_000;

/** @type {import("./problems.js").Problem} */
export const AWAY = {
  title: "The server cannot be reached",
  text: "It is not running, or the network is down. You can read and write here meanwhile; dictation works again as soon as it answers.",
  remedy: "none",
  isCalm: true,
};

/**
 * Ask until the server answers.
 * @param {() => string} token
 * @param {() => boolean} isWanted asked before each time
 * @returns {Promise<import("./client/server.js").Answer | null>} null if it is not wanted any more
 */
export async function answered(token, isWanted) {
  for (;;) {
    await pause();
    if (!isWanted()) return null;
    const answer = await askAdmission(token());
    if (answer !== null) return answer;
  }
}

/** Wait for a while, or until the browser believes that there is a network again. */
function pause() {
  return new Promise((resolve) => {
    const timer = setTimeout(done, AGAIN_MS);
    function done() {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve(undefined);
    }
    window.addEventListener("online", done);
  });
}
