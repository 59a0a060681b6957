/**
 * What the operator of the server set for this page.
 * Knows where that is served; knows nothing of what comes of it.
 */

import { readTable } from "./spoken-commands.js";

/** Without an answer by then the page goes on with what it has. */
const PATIENCE_MS = 10_000;

/**
 * @returns {Promise<{commands: import("./spoken-commands.js").Table}>} nothing set where the server
 *   does not say: an older one, or none that answers
 */
export async function fetchSettings() {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(new URL("page/settings.json", document.baseURI), { signal });
    return { commands: answer.ok ? readTable((await answer.json())?.commands) : {} };
  } catch {
    return { commands: {} };
  }
}
