/** The row of controls of a meeting: one table, shown as a bar, and on small screens partly as a menu. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { deviceChoice } from "./devices.js";
import { askLayout } from "./layout.js";
import { ask, attachMenu, sheet } from "./popover.js";
import { self, unread } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../state/app-state.js").AppState} AppState */

/**
 * @typedef {object} Tool
 * @property {string} id
 * @property {(state: AppState) => import("./icons.js").IconName} icon
 * @property {Key} caption under the icon
 * @property {(state: AppState) => Key} label what pressing it does
 * @property {(context: Context) => void} press
 * @property {(state: AppState) => "off" | "on" | "warn" | ""} look
 * @property {(state: AppState) => boolean} shown
 * @property {"always" | "wide"} place "wide": on small screens in the menu
 * @property {(state: AppState) => number} [count] in a badge
 */

const always = () => true;
const plain = () => /** @type {const} */ ("");
/** @param {AppState} state */
const speaks = (state) => self(state.meeting)?.role !== "viewer";
/** @param {AppState} state */
const silenced = (state) => self(state.meeting)?.muted_by_chair ?? false;
/** @param {AppState} state */
const raised = (state) => self(state.meeting)?.hand ?? false;
/** @param {AppState} state */
const heard = (state) => state.wantsMicrophone && !silenced(state) && state.devices.microphone.status === "on";
/** @param {AppState} state */
const seen = (state) => state.wantsCamera && state.devices.camera.status === "on";
const canShare = "getDisplayMedia" in (navigator.mediaDevices ?? {});

/** @type {readonly Tool[]} */
const OWN_TOOLS = [
  {
    id: "microphone",
    icon: (state) => (heard(state) ? "microphone" : "microphoneOff"),
    caption: "meeting.microphone",
    label: (state) => (heard(state) ? "meeting.mute" : "meeting.unmute"),
    press: (context) => context.actions.switchMicrophone(!heard(context.state)),
    look: (state) => (heard(state) ? "" : "off"),
    shown: speaks,
    place: "always",
  },
  {
    id: "camera",
    icon: (state) => (seen(state) ? "camera" : "cameraOff"),
    caption: "meeting.camera",
    label: (state) => (seen(state) ? "meeting.cameraOff" : "meeting.cameraOn"),
    press: (context) => context.actions.switchCamera(!seen(context.state)),
    look: (state) => (seen(state) ? "" : "off"),
    shown: speaks,
    place: "always",
  },
  {
    id: "share",
    icon: (state) => (state.content === "off" ? "share" : "shareStop"),
    caption: "meeting.share",
    label: (state) => (state.content === "off" ? "meeting.share" : "meeting.shareStop"),
    press: (context) =>
      context.state.content === "off" ? context.actions.shareScreen() : context.actions.stopSharing(),
    look: (state) => (state.content === "on" ? "on" : ""),
    shown: (state) => speaks(state) && canShare,
    place: "wide",
  },
  {
    id: "hand",
    icon: () => "hand",
    caption: "meeting.hand",
    label: (state) => (raised(state) ? "meeting.handDown" : "meeting.hand"),
    press: (context) => context.actions.raiseHand(!raised(context.state)),
    look: (state) => (raised(state) ? "on" : ""),
    shown: speaks,
    place: "wide",
  },
  {
    id: "layout",
    icon: () => "layout",
    caption: "meeting.layout",
    label: () => "meeting.layout",
    press: askLayout,
    look: plain,
    shown: (state) => self(state.meeting)?.role === "chair",
    place: "wide",
  },
  {
    id: "settings",
    icon: () => "settings",
    caption: "meeting.settings",
    label: () => "meeting.settings",
    press: showSettings,
    look: plain,
    shown: always,
    place: "wide",
  },
  {
    id: "full-screen",
    icon: () => "fullScreen",
    caption: "meeting.fullScreen",
    label: () => (document.fullscreenElement ? "meeting.fullScreenOff" : "meeting.fullScreen"),
    press: () => void toggleFullScreen(),
    look: plain,
    shown: () => document.fullscreenEnabled,
    place: "wide",
  },
];

/** @type {readonly Tool[]} */
const PANEL_TOOLS = [
  {
    id: "people",
    icon: () => "people",
    caption: "meeting.people",
    label: () => "meeting.people",
    press: (context) => context.actions.show(context.state.panel === "people" ? null : "people"),
    look: (state) => (state.panel === "people" ? "on" : ""),
    shown: always,
    place: "always",
  },
  {
    id: "chat",
    icon: () => "chat",
    caption: "meeting.chat",
    label: () => "meeting.chat",
    press: (context) => context.actions.show(context.state.panel === "chat" ? null : "chat"),
    look: (state) => (state.panel === "chat" ? "on" : ""),
    shown: always,
    place: "always",
    count: (state) => (state.meeting ? unread(state.meeting, state.lastRead) : 0),
  },
];

/** @param {Context} context */
export function toolbar(context) {
  const bar = element(
    "div",
    { class: "toolbar", role: "toolbar" },
    element("div", { class: "tools own" }, ...OWN_TOOLS.map((tool) => toolButton(context, tool)), moreButton(context)),
    element(
      "div",
      { class: "tools panels" },
      ...PANEL_TOOLS.map((tool) => toolButton(context, tool)),
      leaveButton(context),
    ),
  );
  return context.label(bar, "aria-label", "meeting.controls");
}

/** @param {Context} context @param {Tool} tool */
function toolButton(context, tool) {
  const badge = element("span", { class: "badge" });
  const drawing = element("span", { class: "tool-icon" });
  const button = element(
    "button",
    { type: "button", class: `tool ${tool.place}`, "data-tool": tool.id, onclick: () => tool.press(context) },
    drawing,
    element("span", { class: "caption", "aria-hidden": "true" }, context.text(tool.caption)),
  );
  drawing.after(badge);
  context.watch(
    (state) => [
      tool.icon(state),
      tool.look(state),
      tool.shown(state),
      tool.label(state),
      tool.count?.(state),
      state.language,
    ],
    () => {
      const { state } = context;
      const count = tool.count?.(state) ?? 0;
      const words = count > 0 ? context.say("meeting.chatUnread", { count }) : context.say(tool.label(state));
      button.dataset.look = tool.look(state);
      button.hidden = !tool.shown(state);
      button.setAttribute("aria-label", words);
      button.title = words;
      if (PANEL_TOOLS.includes(tool)) button.setAttribute("aria-expanded", String(tool.look(state) === "on"));
      drawing.replaceChildren(icon(tool.icon(state)));
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : String(count);
    },
  );
  return button;
}

/** What does not fit on a small screen. @param {Context} context */
function moreButton(context) {
  const button = element(
    "button",
    { type: "button", class: "tool more" },
    element("span", { class: "tool-icon" }, icon("more")),
    element("span", { class: "caption", "aria-hidden": "true" }, context.text("meeting.more")),
  );
  context.label(button, "aria-label", "meeting.more");
  const menu = element("div", {});
  attachMenu(button, menu);
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    const tools = OWN_TOOLS.filter((tool) => tool.place === "wide" && tool.shown(context.state));
    menu.replaceChildren(
      ...tools.map((tool) =>
        element(
          "button",
          { type: "button", onclick: () => tool.press(context) },
          icon(tool.icon(context.state)),
          context.say(tool.label(context.state)),
        ),
      ),
    );
  });
  return element("div", { class: "more-holder" }, button, menu);
}

/** @param {Context} context */
function leaveButton(context) {
  const button = element(
    "button",
    { type: "button", class: "tool leave", onclick: () => leave(context) },
    element("span", { class: "tool-icon" }, icon("leave")),
    element("span", { class: "caption" }, context.text("meeting.leave")),
  );
  return context.label(button, "aria-label", "meeting.leave");
}

/** A chair is asked whether everybody or only the chair leaves. @param {Context} context */
function leave(context) {
  if (self(context.state.meeting)?.role !== "chair") return context.actions.leave();
  ask(context, {
    title: context.say("leave.title"),
    words: context.say("leave.endHint"),
    answers: [
      { key: "leave.leave", class: "primary", onclick: () => context.actions.leave() },
      { key: "leave.end", class: "danger", onclick: () => context.actions.end() },
    ],
  });
  return undefined;
}

/** @param {Context} context */
function showSettings(context) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const kinds = /** @type {const} */ (["microphone", "camera", "speaker"]);
  const listed = speaks(context.state) ? kinds : /** @type {const} */ (["speaker"]);
  const dialog = sheet(
    inner,
    "meeting.settings",
    ...listed.map((kind) => deviceChoice(inner, kind)),
    languageChoice(inner),
  );
  dialog.addEventListener("close", () => closed.abort());
}

/** @param {Context} context */
function languageChoice(context) {
  const option = (/** @type {"ko" | "en"} */ language, /** @type {string} */ name) =>
    element(
      "button",
      { type: "button", lang: language, "data-language": language, onclick: () => context.actions.speak(language) },
      name,
    );
  const buttons = [option("ko", "한국어"), option("en", "English")];
  context.watch(
    (state) => state.language,
    (language) => {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.language === language));
    },
  );
  return element("div", { class: "segments", role: "group", "aria-label": "한국어 · English" }, ...buttons);
}

async function toggleFullScreen() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen({ navigationUI: "hide" });
}
