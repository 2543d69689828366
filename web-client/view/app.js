/** Which page is shown. */

import { element } from "./dom.js";
import { Context } from "./context.js";
import { joinPage } from "./join.js";
import { meetingPage } from "./meeting.js";
import { enteringPage, overPage, pageHeader } from "./pages.js";
import { announcer } from "./status.js";

/** @typedef {import("../state/app-state.js").AppState} AppState */

/** @type {Record<AppState["phase"], (context: Context) => HTMLElement>} */
const PAGES = { form: joinPage, entering: enteringPage, meeting: meetingPage, over: overPage };

/**
 * @param {HTMLElement} root
 * @param {import("../state/store.js").Store<AppState>} store
 * @param {import("./context.js").Actions} actions
 */
export function showApp(root, store, actions) {
  const context = new Context(store, actions, new AbortController().signal);
  const place = element("div", { class: "page" });
  let shown = new AbortController();
  let first = true;
  root.replaceChildren(place, announcer(context));
  context.watch(
    (state) => state.language,
    (language) => {
      document.documentElement.lang = language;
      if (context.state.phase !== "meeting") document.title = context.say("app.name");
    },
  );
  context.watch(
    (state) => state.phase,
    (phase) => {
      shown.abort();
      shown = new AbortController();
      const inner = context.within(shown.signal);
      document.title = context.say("app.name");
      const page = PAGES[phase](inner);
      place.dataset.phase = phase;
      place.replaceChildren(...(phase === "meeting" ? [page] : [pageHeader(inner), page]));
      if (!first) queueMicrotask(() => atHeading(place));
      first = false;
    },
  );
}

/**
 * The focus was on the page that is gone: the keyboard goes on, and a screen reader reads on, from the new heading,
 * unless the page has chosen another place.
 *
 * @param {HTMLElement} place
 */
function atHeading(place) {
  const heading = place.querySelector("h1");
  if (!heading || place.contains(document.activeElement)) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
