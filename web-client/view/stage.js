/**
 * The composite with its sound, and over it the tiles (tiles.js), both in a frame that can be enlarged (zoom.js).
 *
 * A new media connection brings a new stream; the old picture stays until the new one has its first frame.
 */

import { CloseUp } from "./close-up.js";
import { element } from "./dom.js";
import { followFloating, handOver } from "./floating.js";
import { icon } from "./icons.js";
import { shown, zoomed } from "./overlay.js";
import { reactionLayer } from "./reactions.js";
import { TileList } from "./tiles.js";
import { Zoom } from "./zoom.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context */
export function stage(context) {
  const zoom = new Zoom(context, () => place());
  const tiles = new TileList(context, { enlarge: (key) => zoom.enlarge(key), enlarged: () => zoom.tile });
  const frame = element("div", { class: "frame" }, tiles.node, reactionLayer(context));
  const waiting = element("p", { class: "waiting" }, context.text("meeting.waiting"));
  const whole = wholeButton(context, zoom);
  const closeUp = new CloseUp(context);
  const node = element("section", { class: "stage" }, waiting, frame, closeUp.node, whole, soundPrompt(context, frame));
  context.label(node, "aria-label", "meeting.stage");
  context.watch(
    (state) => state.picture,
    (picture) => picture && showPicture(context, frame, waiting, picture),
  );
  context.watch(
    (state) => state.devices.speaker.chosen,
    () => void chooseSpeaker(frame, context.state.devices.speaker.chosen),
  );

  let room = "";
  const place = () => {
    const picture = context.state.meeting?.tiles ?? context.state.meeting?.conference.picture;
    const box = { width: node.clientWidth, height: node.clientHeight };
    if (!picture || box.width === 0) return;
    zoom.fit(box);
    const centred = shown(picture, box);
    const area = zoomed(centred, box, zoom.view);
    const rise = closeUp.place(box, centred, zoom.view.scale === 1);
    Object.assign(frame.style, {
      left: `${area.x}px`,
      top: `${area.y - rise}px`,
      width: `${area.width}px`,
      height: `${area.height}px`,
    });
    // Gliding while a panel opens, Chromium leaves strokes of the tiles' borders behind.
    const before = room;
    room = `${box.width} ${box.height}`;
    frame.classList.toggle("following", zoom.moving || room !== before);
    node.classList.toggle("enlarged", zoom.view.scale > 1);
    whole.hidden = zoom.view.scale === 1;
    tiles.scaled(area.width / picture.width);
  };
  zoom.listen(node);
  followFloating(context, node);
  const observer = new ResizeObserver(place);
  observer.observe(node);
  context.signal.addEventListener("abort", () => {
    observer.disconnect();
    for (const video of frame.querySelectorAll("video")) retire(video);
  });
  context.watch(
    ({ meeting, picture }) => [meeting?.tiles, meeting?.speaker, meeting?.speaking, picture],
    place,
  );
  return node;
}

/** Back from what is enlarged. @param {Context} context @param {Zoom} zoom */
function wholeButton(context, zoom) {
  return element(
    "button",
    { type: "button", class: "whole", hidden: true, onclick: () => zoom.whole() },
    icon("whole"),
    context.text("stage.whole"),
  );
}

/**
 * @param {Context} context
 * @param {HTMLElement} frame
 * @param {HTMLElement} waiting
 * @param {MediaStream} picture
 */
function showPicture(context, frame, waiting, picture) {
  const before = compositesIn(frame);
  const video = element("video", {
    autoplay: true,
    playsinline: true,
    class: "composite",
    "data-composite": true,
    tabindex: -1,
  });
  video.srcObject = picture;
  video.addEventListener(
    "loadeddata",
    async () => {
      waiting.hidden = true;
      video.classList.add("live");
      frame.classList.add("live");
      const all = compositesIn(frame); // the newest first; what this one replaces is not held until then
      const old = all.slice(all.indexOf(video) + 1);
      await handOver(old, video);
      for (const one of old) retire(one);
    },
    { once: true },
  );
  for (const old of before) {
    old.muted = true;
    delete old.dataset.composite;
    if (!old.classList.contains("live")) retire(old); // of a connection that never carried anything
  }
  frame.prepend(video);
  void chooseSpeaker(frame, context.state.devices.speaker.chosen);
  void play(context, video);
}

/** Play with sound; where the browser wants a gesture first, play without and ask. */
/** @param {Context} context @param {HTMLVideoElement} video */
async function play(context, video) {
  video.muted = false;
  const outcome = await begun(video);
  if (outcome === "replaced") return;
  context.actions.heard(outcome);
  if (outcome === "playing") return;
  video.muted = true;
  await begun(video);
}

/** @param {HTMLVideoElement} video @returns {Promise<"playing" | "blocked" | "replaced">} */
async function begun(video) {
  try {
    await video.play();
    return "playing";
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return error.name === "NotAllowedError" ? "blocked" : "replaced"; // by another stream while it was starting
  }
}

/** The newest first. @param {HTMLElement} frame @returns {HTMLVideoElement[]} */
function compositesIn(frame) {
  return [...frame.querySelectorAll(/** @type {"video"} */ ("video.composite"))];
}

/** @param {HTMLVideoElement} video */
function retire(video) {
  video.srcObject = null;
  video.remove();
}

/** @param {Context} context @param {HTMLElement} frame */
function soundPrompt(context, frame) {
  const button = element(
    "button",
    {
      type: "button",
      class: "primary large sound",
      onclick: () => {
        const video = compositesIn(frame)[0];
        if (video) void play(context, video);
      },
    },
    icon("sound"),
    context.text("meeting.sound"),
  );
  context.label(button, "title", "meeting.soundHint");
  context.watch(
    (state) => state.sound,
    (sound) => (button.hidden = sound === "playing"),
  );
  return button;
}

/** @param {HTMLElement} frame @param {string} id */
async function chooseSpeaker(frame, id) {
  for (const video of compositesIn(frame)) {
    if (!("setSinkId" in video)) continue;
    try {
      await video.setSinkId(id);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // gone or not permitted: the browser's own choice stays
    }
  }
}
