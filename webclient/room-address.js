/**
 * Read from the address of a page which room to read along in.
 * Knows addresses; knows nothing of rooms.
 */

/**
 * @param {string} page as in `https://example.org/captions?room=abc&token=xyz`; a server that is
 *   reached below a prefix has it there too
 * @returns {{url: URL, token: string} | null} of the room; null if the address names none
 */
export function roomIn(page) {
  const { searchParams } = new URL(page);
  const [room, token] = [searchParams.get("room"), searchParams.get("token")];
  if (!room || !token) return null;
  return { url: new URL(`v1/rooms/${encodeURIComponent(room)}`, new URL(".", page)), token };
}
