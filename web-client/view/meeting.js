/** The meeting: the picture fills the window, the controls lie below, a panel opens beside. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { captionArea } from "./captions.js";
import { chatPanel } from "./chat.js";
import { peoplePanel } from "./people.js";
import { connectionPanel } from "./connection.js";
import { listenForKeys } from "./keys.js";
import { voicePrompt } from "./muted-prompt.js";
import { makeRoom } from "./on-screen-keyboard.js";
import { qualityButton } from "./quality.js";
import { stage } from "./stage.js";
import { mending, noticeList, statusLine } from "./status.js";
import { toolbar } from "./toolbar.js";
import { pressTool } from "./tools.js";
import { keepAwake } from "./wake-lock.js";
import { grouped } from "../i18n/index.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */

const IDLE_MS = 3_000; // in full screen, controls step aside after this long without a key or pointer
const PANELS = { people: peoplePanel, chat: chatPanel, line: connectionPanel };
const TITLES = /** @type {const} */ ({ people: "meeting.peopleCount", chat: "chat.title", line: "line.title" });

/** @param {Context} context */
export function meetingPage(context) {
  const node = element(
    "main",
    { class: "meeting" },
    element(
      "div",
      { class: "picture" },
      stage(context),
      captionArea(context),
      mending(context),
      noticeList(context),
      voicePrompt(context),
    ),
    sidePanel(context),
    element("footer", { class: "bar" }, about(context), toolbar(context)),
  );
  stepAside(context, node);
  listenForKeys(context, (tool) => pressTool(context, tool));
  keepAwake(context);
  makeRoom(context, node);
  return node;
}

/** Title, number and status. @param {Context} context */
function about(context) {
  const title = element("h1", {});
  const number = element("span", { class: "number" });
  const watching = element("span", { class: "tag" }, context.text("meeting.viewer"));
  context.watch(
    (state) => [state.meeting?.conference.title, state.meeting?.conference.number, state.language],
    () => {
      const conference = context.state.meeting?.conference;
      title.textContent = conference?.title || context.say("app.name");
      number.textContent = conference ? context.say("meeting.number", { number: grouped(conference.number) }) : "";
      number.hidden = !conference?.number;
      document.title = title.textContent;
    },
  );
  context.watch(
    (state) => self(state.meeting)?.role,
    (role) => (watching.hidden = role !== "viewer"),
  );
  return element(
    "div",
    { class: "about" },
    title,
    element("div", { class: "about-line" }, qualityButton(context), statusLine(context), watching, number),
  );
}

/** @param {Context} context */
function sidePanel(context) {
  const node = element("aside", { class: "panel" });
  let shown = new AbortController();
  context.watch(
    (state) => state.panel,
    (panel) => {
      shown.abort();
      shown = new AbortController();
      node.hidden = panel === null;
      node.replaceChildren();
      if (!panel) return;
      const inner = context.within(shown.signal);
      node.append(panelHeader(inner, panel), PANELS[panel](inner));
      /** @type {HTMLElement | null} */
      const start = node.querySelector("textarea") ?? node.querySelector("[tabindex]");
      start?.focus({ preventScroll: true });
    },
  );
  const escape = (/** @type {KeyboardEvent} */ event) => {
    const { target, key, defaultPrevented } = event;
    const elsewhere = target instanceof Element && target.closest("[popover], dialog"); // which it closes first
    if (key === "Escape" && context.state.panel && !defaultPrevented && !elsewhere) closePanel(context);
  };
  document.addEventListener("keydown", escape, { signal: context.signal }); // a menu may have kept the focus
  return node;
}

/** Close the panel, and go back to the tool that opened it, or to the menu that holds it. @param {Context} context */
function closePanel(context) {
  const { panel } = context.state;
  context.actions.show(null);
  const tools = [...document.querySelectorAll("button")].filter(({ dataset }) => dataset.tool === panel);
  const shown = tools.find((tool) => tool.offsetWidth > 0);
  (shown ?? document.querySelector(/** @type {"button"} */ ("button.more")))?.focus();
}

/** @param {Context} context @param {"people" | "chat" | "line"} panel */
function panelHeader(context, panel) {
  const title = element("h2", {});
  context.watch(
    (state) => [state.language, state.meeting?.participants.length],
    () => {
      const count = context.state.meeting?.participants.length ?? 0;
      title.textContent = context.say(TITLES[panel], { count });
    },
  );
  const close = element(
    "button",
    { type: "button", class: "quiet icon-only", onclick: () => closePanel(context) },
    icon("close"),
  );
  context.label(close, "aria-label", "app.close");
  return element("header", {}, title, close);
}

/** @param {Context} context @param {HTMLElement} node */
function stepAside(context, node) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stir = () => {
    node.classList.remove("idle");
    clearTimeout(timer);
    if (!document.fullscreenElement) return;
    timer = setTimeout(() => {
      const busy = node.querySelector(".bar :focus-visible, .panel :focus-visible") || context.state.panel;
      if (document.fullscreenElement && !busy) node.classList.add("idle");
    }, IDLE_MS);
  };
  const { signal } = context;
  const filled = () => context.actions.fillScreen(document.fullscreenElement !== null);
  document.addEventListener("fullscreenchange", filled, { signal });
  for (const type of ["pointermove", "pointerdown", "keydown", "fullscreenchange"]) {
    document.addEventListener(type, stir, { signal, passive: true });
  }
  signal.addEventListener("abort", () => clearTimeout(timer));
}
