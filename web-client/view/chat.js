/** Chat: lines of text to everybody. */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { timeOfDay } from "../i18n/index.js";

/** @typedef {import("./context.js").Context} Context */

const MAX_LENGTH = 2_000; // as the server takes them
const NEAR_END = 60; // pixels from the end within which the log follows new lines

/** @param {Context} context */
export function chatPanel(context) {
  const list = element("ol", {});
  const log = element("div", { class: "chat-log", role: "log", tabindex: 0 }, list);
  context.label(log, "aria-label", "chat.log");
  const empty = element("p", { class: "empty" }, icon("chat"), context.text("chat.empty"));
  context.watch(
    (state) => [state.meeting?.chat, state.language],
    () => {
      const lines = context.state.meeting?.chat ?? [];
      const follow = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
      empty.hidden = lines.length > 0;
      log.hidden = lines.length === 0;
      reconcile(
        list,
        lines,
        (line) => String(line.line),
        (line) => chatLine(context, line),
        (node, line) => {
          const time = node.querySelector("time");
          if (time) time.textContent = timeOfDay(context.state.language, line.at);
        },
      );
      if (follow) log.scrollTop = log.scrollHeight;
    },
  );
  queueMicrotask(() => (log.scrollTop = log.scrollHeight));
  return element("div", { class: "panel-body chat" }, empty, log, writing(context));
}

/** @param {Context} context @param {import("../protocol").ChatLine} line */
function chatLine(context, line) {
  return element(
    "li",
    { class: line.participant === context.state.meeting?.you ? "own" : undefined },
    element("header", {}, writer(line), element("time", { datetime: line.at })),
    element("p", { dir: "auto" }, line.text),
  );
}

/** Office and name; what is too long is cut from the office. @param {import("../protocol").ChatLine} line */
function writer({ name, office }) {
  const of = office ? [element("bdi", { class: "office" }, office), " "] : [];
  return element("b", {}, ...of, element("bdi", {}, name));
}

/** @param {Context} context */
function writing(context) {
  const problem = element("p", { class: "hint problem", role: "alert", hidden: true }, context.text("chat.notSent"));
  const box = element("textarea", { rows: 1, maxlength: MAX_LENGTH, id: "chat-write" });
  context.label(box, "aria-label", "chat.write");
  context.label(box, "placeholder", "chat.write");
  const send = element("button", { type: "submit", class: "primary icon-only" }, icon("send"));
  context.label(send, "aria-label", "chat.send");
  const submit = () => {
    const text = box.value.trim();
    if (!text) return;
    const sent = context.actions.chat(text);
    problem.hidden = sent;
    if (sent) box.value = "";
    grow();
  };
  const grow = () => {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`; // and its border
  };
  box.addEventListener("input", grow);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return; // Hangul is composed with Enter too
    event.preventDefault();
    submit();
  });
  return element(
    "form",
    {
      class: "chat-write",
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        submit();
      },
    },
    problem,
    box,
    send,
  );
}
