/**
 * Send a sound through the client as fast as the server makes it final.
 * Knows the client's dictation; knows nothing of files, queues or the page.
 */

import { RATE } from "./limits.js";

/**
 * @typedef {import("../client/protocol.js").Message} Message
 * @typedef {import("../dictation-client.js").Dictation} Dictation
 * @typedef {{onMessage: (message: Message) => void, onSettled: (samples: number) => void}} Listener
 *   *onSettled*: so many samples of the sound are final by now
 */

/** What the page wants to know of a session; `error` comes as the rejection. */
const TYPES = /** @type {const} */ (["ready", "speech", "partial", "final", "ack", "warning"]);

/**
 * Send a sound; over when all of it is final.  Never more is on its way than the client keeps, which
 * is a minute; a connection that breaks goes on from the last final.
 * @param {import("./sound.js").Sound} sound
 * @param {number} from the first sample that is not final yet
 * @param {Dictation} dictation that is open, and has heard nothing so far
 * @param {Listener} listener
 * @throws {unknown} what ended the dictation, or kept the sound from being read; then it is closed
 */
export async function transfer(sound, from, dictation, { onMessage, onSettled }) {
  let sent = from;
  const settle = () => onSettled(sent - Math.round(dictation.unfinishedSeconds * RATE));
  for (const type of TYPES) {
    dictation.addEventListener(type, ({ detail }) => {
      onMessage(/** @type {Message} */ (detail));
      settle();
    });
  }
  onMessage(dictation.ready);
  try {
    for await (const block of sound.read(from)) {
      const isTaken = dictation.send(block);
      sent += block.length;
      await isTaken;
      settle();
    }
    onMessage(await dictation.finish());
    onSettled(sent);
  } finally {
    dictation.close();
  }
}
