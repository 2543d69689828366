/** Reactions of everybody: shown for a moment, and read out together. */

import { show, summary } from "./state/reactions.js";

const SHOWN_MS = 4_000; // as long as they rise (styles/reactions.css)
const GATHERED_MS = 1_500; // reactions come together; each by itself would bury what a screen reader has to say

export class Reactions {
  #store;
  #tell;
  #last = 0;
  /** @type {import("./state/reactions.js").Shown[]} */
  #untold = [];

  /**
   * @param {import("./state/store.js").Store<import("./state/app-state.js").AppState>} store
   * @param {(news: { key: import("./i18n/ko.js").Key, values: Record<string, string>, tone: "quiet" }) => void} tell
   */
  constructor(store, tell) {
    this.#store = store;
    this.#tell = tell;
  }

  /** @param {import("./protocol").Reacted} message */
  passed({ participant, reaction }) {
    const one = { id: ++this.#last, participant, reaction };
    this.#store.set({ reactions: show(this.#store.state.reactions, one) });
    setTimeout(() => this.#gone(one.id), SHOWN_MS);
    if (participant === this.#store.state.meeting?.you) return; // who reacts knows
    if (this.#untold.push(one) === 1) setTimeout(() => this.#announce(), GATHERED_MS);
  }

  /** @param {number} id */
  #gone(id) {
    this.#store.set({ reactions: this.#store.state.reactions.filter((one) => one.id !== id) });
  }

  #announce() {
    const { meeting } = this.#store.state;
    const untold = this.#untold.splice(0);
    if (!meeting) return;
    for (const { reaction, name, count } of summary(untold, meeting)) {
      const values = { name, count: String(count) };
      this.#tell({ key: `reactions.${reaction}${name ? "By" : "Count"}`, values, tone: "quiet" });
    }
  }
}
