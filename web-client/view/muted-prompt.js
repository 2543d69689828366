/** Over the picture: that one is talking while a key is held, and that one talks although muted. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { HAS_KEYBOARD } from "./shortcuts.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/app-state.js").AppState} AppState */

/**
 * What there is to say about the own voice.
 *
 * @param {AppState} state
 * @returns {"holding" | "muted" | "silenced" | null}
 */
function aboutVoice(state) {
  if (state.holding) return "holding";
  if (!state.talkingMuted) return null;
  const you = self(state.meeting);
  if (!you?.muted_by_chair) return "muted";
  return you.hand ? null : "silenced"; // the hand is up: all that can be done is done
}

/** @param {Context} context */
export function voicePrompt(context) {
  const node = element("div", { class: "voice-place", role: "status" });
  context.watch(
    (state) => [aboutVoice(state), state.settings.singleKeys, state.language],
    () => {
      const about = aboutVoice(context.state);
      node.replaceChildren();
      if (about) node.append(element("div", { class: "voice", "data-about": about }, ...CONTENT[about](context)));
    },
  );
  return node;
}

/** @type {Record<"holding" | "muted" | "silenced", (context: Context) => HTMLElement[]>} */
const CONTENT = {
  holding: (context) => [words(context, "microphone", "talk.holding")],
  muted: (context) => [
    words(
      context,
      "microphoneOff",
      "talk.muted",
      context.state.settings.singleKeys && HAS_KEYBOARD ? "talk.mutedHintKey" : "talk.mutedHint",
    ),
    act(context, "microphone", "meeting.unmute", () => context.actions.switchMicrophone(true)),
    close(context),
  ],
  silenced: (context) => [
    words(context, "microphoneOff", "talk.silenced", "talk.silencedHint"),
    act(context, "hand", "meeting.hand", () => context.actions.raiseHand(true)),
    close(context),
  ],
};

/**
 * @param {Context} context
 * @param {import("./icons.js").IconName} drawing
 * @param {import("./context.js").Key} title
 * @param {import("./context.js").Key} [hint]
 */
function words(context, drawing, title, hint) {
  return element(
    "div",
    { class: "voice-words" },
    icon(drawing),
    element(
      "p",
      {},
      element("b", {}, context.say(title)),
      hint && element("span", { class: "hint" }, context.say(hint)),
    ),
  );
}

/**
 * @param {Context} context
 * @param {import("./icons.js").IconName} drawing
 * @param {import("./context.js").Key} key
 * @param {() => void} onclick
 */
function act(context, drawing, key, onclick) {
  return element("button", { type: "button", class: "primary", onclick }, icon(drawing), context.say(key));
}

/** @param {Context} context */
function close(context) {
  const button = element(
    "button",
    { type: "button", class: "quiet icon-only", onclick: () => context.actions.knowsMuted() },
    icon("close"),
  );
  return context.label(button, "aria-label", "app.close");
}
