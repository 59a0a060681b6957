/**
 * Find the commands in what was said: "See you soon. New paragraph. The second point."
 * Knows punctuation and a table of phrases; knows nothing of what comes of a command.
 *
 * A phrase is a command only where it stands alone between the ends of sentences or of what was
 * said, so that "a new line of products" stays text.
 */

/**
 * @typedef {"new_line" | "new_paragraph" | "scratch_that" | "undo" | "stop_dictation"} Action
 * @typedef {Record<string, Record<string, Action>>} Table actions by language and phrase
 * @typedef {{text: string} | {action: Action}} Step
 * @typedef {{text: string, end: string}} Clause *end*: the punctuation and the space behind it
 */

/** Clauses with what ends them; a point within a number or a name ends none. */
const CLAUSE = /([^]*?)([.!?…;:,]+["'”’»)\]]*(?=\s|$)\s*|[。！？；：、，]+\s*|$)/gu;

const ENDS_SENTENCE = /[.!?…;:。！？；：]/u;

/** What somebody is quoted with is no command. */
const QUOTED = /["“”„«»]/u;

/** These do no harm, so a comma before them will do: "Dear Ann, new line." */
const HARMLESS = new Set(["new_line", "new_paragraph"]);

/** @type {readonly Action[]} */
const ACTIONS = ["new_line", "new_paragraph", "scratch_that", "undo", "stop_dictation"];

/**
 * Give what a sentence brings; only what is final is obeyed.
 * @param {import("./transcript.js").Sentence} sentence
 * @param {Table} table
 * @returns {Step[]} in order
 */
export function stepsOf({ kind, text, language }, table) {
  if (kind === "unclear") return [{ text: "[unclear]" }];
  return takeApart(text, kind === "final" ? phrasesOf(table, language) : {});
}

/**
 * Take apart what was said in one utterance; without commands it stays as it is.
 * @param {string} said
 * @param {Record<string, Action>} phrases of its language
 * @returns {Step[]} in order
 */
export function takeApart(said, phrases) {
  const known = new Map(Object.entries(phrases).map(([phrase, action]) => [plain(phrase), action]));
  /** @type {Step[]} */
  const steps = [];
  let text = "";
  const flush = () => {
    if (text.trim()) steps.push({ text: text.trim() });
    text = "";
  };
  const all = known.size > 0 ? clauses(said) : [{ text: said, end: "" }];
  all.forEach((clause, i) => {
    const action = known.get(plain(clause.text));
    if (action && isAlone(all[i - 1], clause, HARMLESS.has(action))) {
      flush();
      steps.push({ action });
    } else text += clause.text + clause.end;
  });
  flush();
  return steps;
}

/**
 * Give the phrases that are commands in a language.
 * @param {Table} table
 * @param {string | null | undefined} language such as "en", or "pt-BR"
 * @returns {Record<string, Action>}
 */
export function phrasesOf(table, language) {
  const code = (language ?? "").toLowerCase();
  return table[code] ?? table[code.split("-")[0]] ?? {};
}

/**
 * Read a table that somebody else wrote; what is no action of this page is passed over.
 * @param {unknown} found
 * @returns {Table}
 */
export function readTable(found) {
  return Object.fromEntries(
    entries(found).map(([language, phrases]) => [
      language.toLowerCase(),
      Object.fromEntries(entries(phrases).filter(([, action]) => ACTIONS.includes(action))),
    ]),
  );
}

/**
 * @param {unknown} value
 * @returns {[string, any][]}
 */
function entries(value) {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/**
 * @param {string} said
 * @returns {Clause[]}
 */
function clauses(said) {
  return [...said.matchAll(CLAUSE)]
    .map(([, text, end]) => ({ text, end }))
    .filter(({ text, end }) => text + end);
}

/**
 * @param {Clause | undefined} before
 * @param {Clause} clause
 * @param {boolean} isHarmless
 */
function isAlone(before, { text, end }, isHarmless) {
  if (QUOTED.test(text + end)) return false;
  const isOpen = !before || ENDS_SENTENCE.test(before.end) || isHarmless;
  return isOpen && (end.trim() === "" || ENDS_SENTENCE.test(end));
}

/**
 * Write without case, punctuation and accents of typing, so that "New-line" is "new line".
 * @param {string} phrase
 */
function plain(phrase) {
  return phrase
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();
}
