/**
 * The controls of a meeting as one table: how each looks, what it says, what it does.
 *
 * To add one, add a row: the order of the rows is the order in the bar and in the menu, and where the bar is too
 * narrow the last "wide" row goes into the menu first.
 */

import { canFloat, toggleFloating } from "./floating.js";
import { invite } from "./invite.js";
import { askLayout } from "./layout.js";
import { chooseReaction } from "./reactions.js";
import { showSettings } from "./settings.js";
import { HAS_KEYBOARD, showShortcuts } from "./shortcuts.js";
import { isCaptioned } from "../state/captions.js";
import { canFlip } from "../state/joining.js";
import { self, unread } from "../state/meeting.js";
import { wantsToBeHeard } from "../state/microphone.js";

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
 * @property {"always" | "wide" | "menu"} place in the bar; there while it fits, else in the menu; in the menu only
 * @property {(state: AppState) => boolean} [checked] of a switch: the menu shows `caption` and whether it is on
 * @property {(state: AppState) => number} [count] in a badge
 * @property {Key} [counted] what the count is of, for screen readers
 */

const always = () => true;
const plain = () => /** @type {const} */ ("");
/** @param {AppState} state */
const speaks = (state) => self(state.meeting)?.role !== "viewer";
/** @param {AppState} state */
const silenced = (state) => self(state.meeting)?.muted_by_chair ?? false;
/** @param {AppState} state */
const raised = (state) => self(state.meeting)?.hand ?? false;
/** Or about to be: whoever presses then wants it off. @param {import("../state/app-state.js").DeviceState} device */
const isOpen = ({ status }) => status === "on" || status === "opening" || status === "asking";
/** @param {AppState} state */
const heard = (state) => wantsToBeHeard(state) && !silenced(state) && isOpen(state.devices.microphone);
/** @param {AppState} state */
const seen = (state) => state.wantsCamera && isOpen(state.devices.camera);
const canShare = "getDisplayMedia" in (navigator.mediaDevices ?? {});

/** @type {readonly Tool[]} */
export const OWN_TOOLS = [
  {
    id: "microphone",
    icon: (state) => (heard(state) ? "microphone" : "microphoneOff"),
    caption: "meeting.microphone",
    label: (state) => (heard(state) ? "meeting.mute" : "meeting.unmute"),
    press: (context) => context.actions.switchMicrophone(!heard(context.state)),
    look: (state) => (heard(state) ? (state.holding ? "on" : "") : "off"),
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
    icon: (state) => (state.content === "on" ? "shareStop" : "share"),
    caption: "meeting.share",
    label: (state) => (state.content === "on" ? "meeting.shareStop" : "meeting.share"),
    press: (context) =>
      context.state.content === "on" ? context.actions.stopSharing() : context.actions.shareScreen(),
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
    checked: raised,
  },
  {
    id: "react",
    icon: () => "smile",
    caption: "reactions.title",
    label: () => "reactions.title",
    press: chooseReaction,
    look: plain,
    shown: always,
    place: "wide",
  },
  {
    id: "flip",
    icon: () => "flip",
    caption: "device.flip",
    label: () => "device.flip",
    press: (context) => context.actions.flipCamera(),
    look: plain,
    shown: (state) => speaks(state) && canFlip(state.devices.camera),
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
    id: "full-screen",
    icon: (state) => (state.fullScreen ? "fullScreenOff" : "fullScreen"),
    caption: "meeting.fullScreen",
    label: (state) => (state.fullScreen ? "meeting.fullScreenOff" : "meeting.fullScreen"),
    press: () => void toggleFullScreen(),
    look: plain,
    shown: () => document.fullscreenEnabled,
    place: "wide",
    checked: (state) => state.fullScreen,
  },
  {
    id: "captions",
    icon: () => "captions",
    caption: "captions.show",
    label: () => "captions.show",
    press: ({ actions, state }) => actions.adjust({ captions: !state.settings.captions }),
    look: plain,
    shown: (state) => isCaptioned(state.meeting),
    place: "menu",
    checked: (state) => state.settings.captions,
  },
  {
    id: "invite",
    icon: () => "invite",
    caption: "invite.title",
    label: () => "invite.title",
    press: invite,
    look: plain,
    shown: always,
    place: "menu",
  },
  {
    id: "float",
    icon: () => "float",
    caption: "meeting.float",
    label: (state) => (state.floating ? "meeting.floatOff" : "meeting.float"),
    press: () => void toggleFloating(),
    look: plain,
    shown: (state) => canFloat() && state.picture !== null,
    place: "menu",
    checked: (state) => state.floating,
  },
  {
    id: "settings",
    icon: () => "settings",
    caption: "meeting.settings",
    label: () => "meeting.settings",
    press: showSettings,
    look: plain,
    shown: always,
    place: "menu",
  },
  {
    id: "shortcuts",
    icon: () => "keyboard",
    caption: "keys.title",
    label: () => "keys.title",
    press: showShortcuts,
    look: plain,
    shown: () => HAS_KEYBOARD,
    place: "menu",
  },
  {
    id: "connection",
    icon: () => "line",
    caption: "line.title",
    label: () => "line.title",
    press: (context) => context.actions.show("line"),
    look: plain,
    shown: always,
    place: "menu",
  },
];

/** @type {readonly Tool[]} */
export const PANEL_TOOLS = [
  {
    id: "people",
    icon: () => "people",
    caption: "meeting.people",
    label: () => "meeting.people",
    press: (context) => context.actions.show(context.state.panel === "people" ? null : "people"),
    look: (state) => (state.panel === "people" ? "on" : ""),
    shown: always,
    place: "always",
    count: (state) => (self(state.meeting)?.role === "chair" ? (state.meeting?.hands.length ?? 0) : 0),
    counted: "people.handsWaiting",
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
    counted: "meeting.chatUnread",
  },
];

/** As if its button were pressed, where there is one. @param {Context} context @param {string} id */
export function pressTool(context, id) {
  const tool = [...OWN_TOOLS, ...PANEL_TOOLS].find((one) => one.id === id);
  if (tool?.shown(context.state)) tool.press(context);
}

async function toggleFullScreen() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen({ navigationUI: "hide" });
}
