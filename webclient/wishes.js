/**
 * What people wish for, as the server is asked for it.
 * Knows nothing of fields or connections.
 */

/**
 * @typedef {{language: string, profile: import("./client/protocol.js").Profile, prompt: string,
 *   hotwords: string[], room?: string}} SessionWishes *room*: in which others read along; empty for
 *   none
 */

/**
 * Give how to open a session.
 * @param {Partial<SessionWishes>} wishes what is left out or empty is left to the server
 * @param {number} sampleRate
 * @returns {import("./client/protocol.js").Start}
 */
export function startFor({ language, profile, prompt, hotwords, room }, sampleRate) {
  return {
    encoding: "s16le",
    sample_rate: sampleRate,
    channels: 1,
    language: language || undefined,
    endpointing: profile,
    prompt: prompt || undefined,
    hotwords: hotwords?.length ? hotwords : undefined,
    room: room || undefined,
  };
}
