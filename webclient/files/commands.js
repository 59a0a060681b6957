/**
 * Which spoken commands a recording may give.
 * Knows tables of commands; knows nothing of what is recorded.
 */

/** Nobody hears a file as its words come: what takes text away is not obeyed. */
const HARMLESS = ["new_line", "new_paragraph"];

/**
 * @param {import("../spoken-commands.js").Table} table
 * @returns {import("../spoken-commands.js").Table} without what would do harm
 */
export function harmless(table) {
  const kept = Object.entries(table).map(([language, phrases]) => [
    language,
    Object.fromEntries(
      Object.entries(phrases).filter(([, action]) => HARMLESS.includes(action)),
    ),
  ]);
  return Object.fromEntries(kept);
}
