/**
 * Dictate to a server from JavaScript: sound in, words out.
 * The door of the client, which has no other dependency than what lies in client/.
 *
 *     const dictation = await connect("wss://example.org/v1/dictation", { token, language: "en" });
 *     dictation.addEventListener("final", ({ detail }) => console.log(detail.text));
 *     dictation.send(samples); // again and again
 *     await dictation.finish();
 *
 * Works in pages, in module workers, and in Node from version 22 on.  Sound is kept until it is
 * final; a connection that breaks is made anew, and the session goes on as if nothing had happened.
 */

import { Dictation } from "./client/dictation.js";

export { Dictation } from "./client/dictation.js";
export { ConnectionLost, DictationError, Refused, SessionFailed } from "./client/failures.js";

/**
 * @typedef {import("./client/dictation.js").Options} Options
 * @typedef {import("./client/events.js").Details} Events
 * @typedef {import("./client/events.js").Interruption} Interruption
 * @typedef {import("./client/protocol.js").Ready} Ready
 * @typedef {import("./client/protocol.js").Partial} Partial
 * @typedef {import("./client/protocol.js").Final} Final
 * @typedef {import("./client/protocol.js").Done} Done
 * @typedef {import("./client/samples.js").Sound} Sound
 */

/**
 * Connect to a server and open a session, or go on with one.
 *
 * @param {string | URL} url of its socket, as in `wss://example.org/v1/dictation`; in a page a path
 * @param {Options} [options] `token`, `resume`, `giveUpSeconds`, `signal`; every other one is a
 *   field of the protocol's `start`, by the same name
 * @returns {Promise<Dictation>} once the server is ready
 * @throws {Refused} if it does not let in
 * @throws {ConnectionLost} if it cannot be reached
 * @throws {SessionFailed} if it does not open such a session
 * @throws {TypeError} if *url* is no URL
 */
export async function connect(url, options = {}) {
  return Dictation.open(url, options);
}
