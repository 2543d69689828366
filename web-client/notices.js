/** Short sentences for the person: shown for a while, and read out by screen readers. */

const SHOWN_MS = 6_000; // long enough to read two lines
const MOST = 3; // at once; the oldest goes first

export class Notices {
  #store;
  #last = 0;

  /** @param {import("./state/store.js").Store<import("./state/app-state.js").AppState>} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {import("./state/news.js").News} news */
  tell(news) {
    const text = { key: news.key, values: news.values };
    this.say(text);
    if (news.tone === "info") this.#show({ id: this.#last, tone: "info", text });
  }

  /** For screen readers only. @param {import("./state/app-state.js").Notice["text"]} text */
  say(text) {
    this.#store.set({ spoken: { id: ++this.#last, text } });
  }

  /** @param {import("./state/app-state.js").Notice["text"]} text */
  problem(text) {
    this.say(text);
    this.#show({ id: this.#last, tone: "problem", text });
  }

  /** @param {number} id */
  dismiss(id) {
    this.#store.set({ notices: this.#store.state.notices.filter((notice) => notice.id !== id) });
  }

  /** @param {import("./state/app-state.js").Notice} notice */
  #show(notice) {
    this.#store.set({ notices: [...this.#store.state.notices, notice].slice(-MOST) });
    setTimeout(() => this.dismiss(notice.id), SHOWN_MS);
  }
}
