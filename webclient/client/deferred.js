/**
 * A promise that is settled from outside.
 * Knows nothing of what is promised.
 */

/** @template T */
export class Deferred {
  /** @type {(value: T) => void} */
  resolve = () => {};
  /** @type {(reason: unknown) => void} */
  reject = () => {};
  /** @type {Promise<T>} */
  promise;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Whoever does not ask is told by an event.
    this.promise.catch(() => {});
  }
}
