/**
 * The server that this page came from.
 * Knows its address; what is asked there is the client's to know.
 */

import { Server } from "./client/server.js";

/** The path is relative, so that a proxy may serve all of this below a prefix. */
export const server = new Server(new URL("v1/dictation", document.baseURI));

/**
 * Ask whether a token would be let in now.
 * @param {string} token empty for none
 */
export const askAdmission = (token) => server.askAdmission(token);
