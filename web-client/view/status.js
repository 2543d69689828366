/** What the page says by itself: the status line, notices that pass, and news for screen readers. */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { ownQuality } from "../state/quality.js";
import { statusOf } from "../state/status.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context */
export function statusLine(context) {
  const words = element("span", {});
  const line = element("p", { class: "status", role: "status" }, element("i", { "aria-hidden": "true" }), words);
  context.watch(
    (state) => {
      const { grade, whose } = ownQuality(state);
      const { signaling, attempt, media, content, meeting, language } = state;
      return [signaling, attempt, media, content, meeting?.poor, grade, whose, language];
    },
    () => {
      const { tone, key, values } = statusOf(context.state, ownQuality(context.state));
      line.dataset.tone = tone;
      words.textContent = context.say(key, values);
    },
  );
  return line;
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
