/**
 * One place for everything the page shows.
 *
 * Rules:
 * 1. The state is replaced, never changed in place: what is the same object is the same value.
 * 2. Watchers run once per turn of the event loop however many changes there were, and only when what they
 *    selected differs (Object.is, or element by element for an array).
 */

/** @template S */
export class Store {
  /** @type {S} */
  #state;
  /** @type {Set<() => void>} */
  #watchers = new Set();
  #scheduled = false;

  /** @param {S} initial */
  constructor(initial) {
    this.#state = initial;
  }

  get state() {
    return this.#state;
  }

  /** @param {Partial<S>} changes */
  set(changes) {
    this.#state = { ...this.#state, ...changes };
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const watcher of [...this.#watchers]) {
        if (this.#watchers.has(watcher)) watcher();
      }
    });
  }

  /**
   * Call `apply` now and whenever what `select` returns has changed, until `signal` aborts.
   *
   * @template T
   * @param {(state: S) => T} select
   * @param {(value: T) => void} apply
   * @param {AbortSignal} signal
   */
  watch(select, apply, signal) {
    let value = select(this.#state);
    const watcher = () => {
      const next = select(this.#state);
      if (same(value, next)) return;
      value = next;
      apply(next);
    };
    this.#watchers.add(watcher);
    signal.addEventListener("abort", () => this.#watchers.delete(watcher), { once: true });
    apply(value);
  }
}

/** @param {unknown} a @param {unknown} b */
export function same(a, b) {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => Object.is(item, b[index]));
  }
  return Object.is(a, b);
}
