/**
 * What a dictation tells, typed by name.
 * Knows nothing of when it happens.
 */

/**
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {{error: import("./failures.js").DictationError, retryInSeconds: number}} Interruption
 * @typedef {{[Type in Exclude<Message["type"], "error">]: Extract<Message, {type: Type}>}} Told
 *   the messages of the server by their types
 * @typedef {Told & {interrupted: Interruption,
 *   error: import("./failures.js").DictationError}} Details
 * @typedef {{
 *   addEventListener<K extends keyof Details>(type: K,
 *     listener: (event: CustomEvent<Details[K]>) => void,
 *     options?: boolean | AddEventListenerOptions): void,
 *   removeEventListener<K extends keyof Details>(type: K,
 *     listener: (event: CustomEvent<Details[K]>) => void,
 *     options?: boolean | EventListenerOptions): void,
 *   dispatchEvent(event: Event): boolean,
 * }} Target
 */

/** An `EventTarget` whose events are of these types. */
export const DictationTarget = /** @type {new () => Target} */ (
  /** @type {unknown} */ (EventTarget)
);
