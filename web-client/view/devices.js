/** Choosing camera, microphone and loudspeaker, and seeing and hearing that they work. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { canFlip, works } from "../state/joining.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").DeviceKind} DeviceKind */
/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../state/app-state.js").DeviceStatus} DeviceStatus */
/** @typedef {"camera" | "microphone"} Source */

const METER_BARS = 14;

/** What the preview says while there is no picture. @type {Partial<Record<DeviceStatus, Key>>} */
const PREVIEW_WORDS = {
  on: "device.camera.off",
  off: "device.camera.off",
  opening: "device.camera.opening",
  asking: "device.asking",
};

let labels = 0; // makes ids of controls unique in the page

/**
 * A list of devices with its label; hidden while the browser names none.
 *
 * @param {Context} context
 * @param {DeviceKind} kind
 */
export function deviceChoice(context, kind) {
  const id = `device-${kind}-${(labels += 1)}`;
  const select = element("select", {
    id,
    onchange: () => context.actions.choose(kind, select.value),
  });
  const gone = element("p", { class: "hint" }, context.text("device.gone"));
  const field = element(
    "div",
    { class: "field" },
    element("label", { for: id }, context.text(`join.${kind}`)),
    select,
    gone,
  );
  context.watch(
    (state) => state.devices[kind].gone,
    (isGone) => (gone.hidden = !isGone),
  );
  context.watch(
    (state) => [state.devices[kind].options, state.devices[kind].chosen, state.language],
    () => {
      const { options, chosen } = context.state.devices[kind];
      const named = options.map((option, index) => ({
        id: option.id,
        label: option.label || context.say("join.unnamed", { number: index + 1 }),
      }));
      const listed = options.length > 0 ? named : [{ id: "", label: context.say("join.default") }];
      select.replaceChildren(...listed.map((option) => element("option", { value: option.id }, option.label)));
      select.value = listed.some((option) => option.id === chosen) ? chosen : (listed[0]?.id ?? "");
      select.disabled = options.length === 0;
      field.hidden = kind === "speaker" && options.length === 0;
    },
  );
  return field;
}

/** On and off, with a word for both. @param {Context} context @param {Source} source */
export function deviceSwitch(context, source) {
  const camera = source === "camera";
  const button = element("button", {
    type: "button",
    class: "round",
    onclick: () => {
      const on = !works(context.state, source); // pressing tries again what could not be had
      if (camera) context.actions.switchCamera(on);
      else context.actions.switchMicrophone(on);
    },
  });
  context.label(button, "aria-label", (state) => {
    if (camera) return works(state, source) ? "meeting.cameraOff" : "meeting.cameraOn";
    return works(state, source) ? "meeting.mute" : "meeting.unmute";
  });
  context.watch(
    (state) => works(state, source),
    (on) => {
      button.classList.toggle("off", !on);
      button.replaceChildren(icon(on ? source : `${source}Off`));
    },
  );
  return button;
}

/** The own camera, or in words why there is none. @param {Context} context */
export function cameraPreview(context) {
  const video = element("video", { autoplay: true, playsinline: true, muted: true, tabindex: -1 });
  video.muted = true; // the attribute alone counts only for parsed pages
  const words = element("p", { class: "preview-words", role: "status" });
  context.label(video, "aria-label", "join.preview");
  context.watch(
    (state) => state.preview,
    (preview) => {
      video.srcObject = preview;
      video.hidden = preview === null;
    },
  );
  context.signal.addEventListener("abort", () => (video.srcObject = null)); // else it plays on, seen by nobody
  context.watch(
    (state) => state.devices.camera.facing,
    (facing) => video.classList.toggle("mirrored", facing !== "environment"),
  );
  context.watch(
    (state) => [state.devices.camera.status, state.draft.watchOnly, state.language],
    () => {
      const { watchOnly } = context.state.draft;
      const { status } = context.state.devices.camera;
      words.hidden = status === "on" && !watchOnly;
      words.replaceChildren(
        icon(watchOnly ? "watch" : "cameraOff"),
        watchOnly ? context.say("way.watch") : context.say(PREVIEW_WORDS[status] ?? "device.camera.none"),
      );
    },
  );
  return element("div", { class: "preview-picture" }, video, words);
}

/** To the camera on the other side, where a telephone has two. @param {Context} context */
export function flipButton(context) {
  const button = element(
    "button",
    { type: "button", class: "round", onclick: () => context.actions.flipCamera() },
    icon("flip"),
  );
  context.label(button, "aria-label", "device.flip");
  context.label(button, "title", "device.flip");
  context.watch(
    (state) => canFlip(state.devices.camera),
    (can) => (button.hidden = !can),
  );
  return button;
}

/** The test sound, with what to do when it was not heard. @param {Context} context */
export function speakerTest(context) {
  const words = element("span", {});
  const button = element(
    "button",
    { type: "button", class: "speaker-test", onclick: () => context.actions.testSpeaker() },
    icon("sound"),
    words,
    element("span", { class: "playing", "aria-hidden": "true" }, element("i"), element("i"), element("i")),
  );
  const hint = element("p", { class: "hint", role: "status" });
  context.watch(
    (state) => [state.tone, state.language],
    () => {
      const { tone } = context.state;
      button.dataset.tone = tone;
      button.setAttribute("aria-pressed", String(tone === "playing"));
      words.textContent = context.say(tone === "playing" ? "tone.stop" : "tone.play");
      hint.hidden = tone === "off" || tone === "playing";
      hint.textContent = context.say(tone === "failed" ? "tone.failed" : "tone.played");
    },
  );
  return element("div", { class: "speaker-test-field" }, button, hint);
}

/** A row of bars that follows the voice. @param {Context} context */
export function microphoneMeter(context) {
  const bars = Array.from({ length: METER_BARS }, () => element("i"));
  const meter = element("div", { class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, ...bars);
  context.label(meter, "aria-label", "join.level");
  let stop = /** @type {(() => void) | null} */ (null);
  const show = (/** @type {number} */ level) => {
    bars.forEach((bar, index) => bar.classList.toggle("lit", level * METER_BARS > index + 0.5));
    meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
  };
  context.watch(
    (state) => [state.devices.microphone.status, state.devices.microphone.chosen, state.wantsMicrophone],
    () => {
      stop?.();
      stop = context.state.wantsMicrophone ? context.actions.meterMicrophone(show) : null;
      show(0);
    },
  );
  context.signal.addEventListener("abort", () => stop?.());
  return element("div", { class: "meter-field" }, element("div", { class: "meter-row" }, icon("microphone"), meter));
}
