/**
 * Where the token for a new session comes from.
 * Knows nothing of sockets or sessions.
 */

import { DictationError, failureToOpen } from "./failures.js";

/**
 * @typedef {{token: string, madeWith?: string} |
 *   {token?: undefined, failure: DictationError}} Pass
 *   *token*: what to present, empty for nothing; *madeWith*: the token that it was made with, which
 *   is the one to ask about
 * @typedef {() => Promise<Pass>} TokenSource asked before each connection that opens a new session
 */

/** A JSON Web Token: three parts, where the server's own long-lived ones have one. */
const SIGNED = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Take what a program has.
 * @param {import("./server.js").Server} server
 * @param {string | (() => string | Promise<string>)} [token] a signed one and those of a function
 *   are presented as they are, a long-lived one only where it cannot be exchanged
 * @returns {TokenSource}
 */
export function tokenSource(server, token = "") {
  if (typeof token === "function") return asked(token);
  return SIGNED.test(token) ? async () => ({ token }) : exchanged(server, token);
}

/**
 * Exchange a token for one that opens one session; where there is no exchange it serves as it is.
 * @param {import("./server.js").Server} server
 * @param {string} token empty for none
 * @returns {TokenSource}
 */
export function exchanged(server, token) {
  return async () => {
    const got = await server.exchange(token);
    if (got.token === undefined) return { failure: failureToOpen(got.refusal) };
    return { token: got.token, madeWith: token };
  };
}

/**
 * Ask somebody else for a token each time.
 * @param {() => string | Promise<string>} make
 * @returns {TokenSource}
 */
function asked(make) {
  return async () => {
    try {
      return { token: await make() };
    } catch (error) {
      const failure = new DictationError("token_failed", String(error), { cause: error });
      // Whoever makes them may be away for a moment, as a server of one's own may.
      failure.isPassing = true;
      return { failure };
    }
  };
}
