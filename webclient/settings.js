/**
 * What the operator of the server set for this page.
 * Knows where that is served; knows nothing of what comes of it.
 */

import { readTable } from "./spoken-commands.js";

/** Without an answer by then the page goes on with what it has. */
const PATIENCE_MS = 10_000;

/**
 * @typedef {{commands: import("./spoken-commands.js").Table}} Settings
 */

/** @type {Settings} */
const NONE = { commands: {} };

/**
 * Make what gives the settings: it asks once, and again as long as no server answers.
 * @returns {() => Promise<Settings>} nothing set where the server does not say
 */
export function initSettings() {
  /** @type {Promise<Settings | null> | null} */
  let asked = null;
  return async () => {
    asked ??= fetchSettings();
    const found = await asked;
    if (found === null) asked = null;
    return found ?? NONE;
  };
}

/** @returns {Promise<Settings | null>} null where no server answers; an older one sets nothing */
async function fetchSettings() {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(new URL("page/settings.json", document.baseURI), { signal });
    if (answer.status >= 500) return null;
    return answer.ok ? { commands: readTable((await answer.json())?.commands) } : NONE;
  } catch {
    return null;
  }
}
