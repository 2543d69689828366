/** The check of the line before the meeting: begun by itself or by the person, over when they enter. */

import { measure } from "./media/check.js";
import { connect, receive, send, titleOf } from "./network/lobby.js";

export class Checking {
  #store;
  /** @type {AbortController | null} */
  #running = null;

  /** @param {import("./state/store.js").Store<import("./state/app-state.js").AppState>} store */
  constructor(store) {
    this.#store = store;
  }

  /** What the meeting is called, where the link tells. */
  async askTitle() {
    const { entry } = this.#store.state;
    if (entry.by === "link") this.#store.set({ title: await titleOf(entry.conference) });
  }

  /** Measure the line, anew when it is being measured. A page that nobody sees waits: browsers slow its timers. */
  async start() {
    this.stop();
    if (document.hidden) {
      document.addEventListener("visibilitychange", () => void this.start(), { once: true });
      return;
    }
    if (this.#store.state.phase !== "form") return;
    const running = new AbortController();
    this.#running = running;
    this.#store.set({ check: { phase: "running" } });
    const figures = await measure({ connect, receive, send }, running.signal);
    if (figures && running === this.#running) this.#store.set({ check: { phase: "done", figures } });
  }

  /** Give it up; the line belongs to the meeting now. */
  stop() {
    this.#running?.abort();
    this.#running = null;
    if (this.#store.state.check.phase === "running") this.#store.set({ check: { phase: "idle" } });
  }
}
