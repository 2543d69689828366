/** What the page says by itself: the status line, notices that pass, and news for screen readers. */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { ownQuality } from "../state/quality.js";
import { progressOf, statusOf } from "../state/status.js";

/** @typedef {import("./context.js").Context} Context */

const TICK_MS = 500; // of what counts seconds

/** @param {Context} context */
export function statusLine(context) {
  const words = element("span", {});
  const line = element("p", { class: "status", role: "status" }, element("i", { "aria-hidden": "true" }), words);
  context.watch(
    (state) => {
      const { grade, whose } = ownQuality(state);
      const { signaling, attempt, media, meeting, language } = state;
      const own = [state.content, state.contentSound, state.sparing, state.wantsCamera];
      return [signaling, attempt, media, ...own, meeting?.poor, grade, whose, language];
    },
    () => {
      const { tone, key, values } = statusOf(context.state, ownQuality(context.state));
      line.dataset.tone = tone;
      words.textContent = context.say(key, values);
    },
  );
  return line;
}

/** Over the picture while something is mended for long: since when, the next attempt, and a way not to wait for it. */
/** @param {Context} context */
export function mending(context) {
  const words = element("span", { class: "since", "aria-hidden": "true" }); // nobody wants to hear it each second
  const button = element("button", { type: "button", class: "try-now", onclick: () => context.actions.hurry() });
  button.append(context.text("status.tryNow"));
  const node = element("div", { class: "mending" }, words, button);
  const show = () => {
    const told = progressOf(context.state, performance.now());
    node.hidden = told === null;
    button.hidden = !told?.offer;
    const doing = statusOf(context.state);
    words.textContent = told ? `${context.say(doing.key, doing.values)} ${context.say(told.key, told.values)}` : "";
  };
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  context.watch(
    (state) => [state.brokenSince === null, state.retryAt, state.language],
    () => {
      clearInterval(timer);
      show();
      if (context.state.brokenSince !== null) timer = setInterval(show, TICK_MS);
    },
  );
  context.signal.addEventListener("abort", () => clearInterval(timer));
  return node;
}

/** @param {Context} context */
export function noticeList(context) {
  const list = element("ul", { class: "notices" });
  context.watch(
    (state) => [state.notices, state.language],
    () =>
      reconcile(
        list,
        context.state.notices,
        (notice) => String(notice.id),
        (notice) => {
          const close = element(
            "button",
            { type: "button", class: "quiet icon-only", onclick: () => context.actions.dismiss(notice.id) },
            icon("close"),
          );
          return element("li", { class: notice.tone }, element("span", {}), close);
        },
        (node, notice) => {
          const [words, close] = node.children;
          if (words) words.textContent = context.sentence(notice.text);
          close?.setAttribute("aria-label", context.say("app.close")); // watching would outlive the notice
        },
      ),
  );
  return list;
}

/** Reads news out, politely. @param {Context} context */
export function announcer(context) {
  const node = element("div", { class: "visually-hidden", "aria-live": "polite" });
  context.watch(
    (state) => state.spoken,
    (spoken) => {
      if (spoken) node.textContent = context.sentence(spoken.text);
    },
  );
  return node;
}
