/**
 * The composite with its sound, and over it the tiles as text.
 *
 * A new media connection brings a new stream; the old picture stays until the new one has its first frame.
 */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { percentages, shown } from "./overlay.js";
import { find } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../protocol").Tile} Tile */

const LEGIBLE_SCALE = 0.55; // below this share of its size, the names drawn into the composite cannot be read

/** @param {Context} context */
export function stage(context) {
  const tiles = tileList(context);
  const frame = element("div", { class: "frame" }, tiles);
  const waiting = element("p", { class: "waiting" }, context.text("meeting.waiting"));
  const node = element("section", { class: "stage" }, waiting, frame, soundPrompt(context, frame));
  context.label(node, "aria-label", "meeting.stage");
  context.watch(
    (state) => state.picture,
    (picture) => picture && showPicture(context, frame, waiting, picture),
  );
  context.watch(
    (state) => state.devices.speaker.chosen,
    () => void chooseSpeaker(frame, context.state.devices.speaker.chosen),
  );

  const place = () => {
    const picture = context.state.meeting?.tiles ?? context.state.meeting?.conference.picture;
    if (!picture) return;
    const area = shown(picture, { width: node.clientWidth, height: node.clientHeight });
    frame.style.left = `${area.x}px`;
    frame.style.top = `${area.y}px`;
    frame.style.width = `${area.width}px`;
    frame.style.height = `${area.height}px`;
    frame.classList.toggle("small", area.width < picture.width * LEGIBLE_SCALE);
  };
  const observer = new ResizeObserver(place);
  observer.observe(node);
  context.signal.addEventListener("abort", () => observer.disconnect());
  context.watch((state) => [state.meeting?.tiles?.width, state.meeting?.tiles?.height], place);
  return node;
}

/**
 * @param {Context} context
 * @param {HTMLElement} frame
 * @param {HTMLElement} waiting
 * @param {MediaStream} picture
 */
function showPicture(context, frame, waiting, picture) {
  const before = [...frame.querySelectorAll("video")];
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
    () => {
      waiting.hidden = true;
      video.classList.add("live");
      for (const old of before) retire(old);
    },
    { once: true },
  );
  for (const old of before) {
    old.muted = true;
    delete old.dataset.composite;
  }
  frame.prepend(video);
  void chooseSpeaker(frame, context.state.devices.speaker.chosen);
  void play(context, video);
  context.signal.addEventListener("abort", () => retire(video));
}

/** Play with sound; where the browser wants a gesture first, play without and ask. */
/** @param {Context} context @param {HTMLVideoElement} video */
async function play(context, video) {
  try {
    video.muted = false;
    await video.play();
    context.actions.heard("playing");
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return; // replaced while starting
    video.muted = true;
    context.actions.heard("blocked");
    await video.play();
  }
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
        const video = frame.querySelector("video");
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
  for (const video of frame.querySelectorAll("video")) {
    if (!("setSinkId" in video)) continue;
    try {
      await video.setSinkId(id);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // gone or not permitted: the browser's own choice stays
    }
  }
}

/** Names over the picture: readable where the picture is small, else for screen readers and the pointer. */
/** @param {Context} context */
function tileList(context) {
  const list = element("ul", { class: "tiles" });
  context.label(list, "aria-label", "meeting.people");
  context.watch(
    ({ meeting, language }) => [
      meeting?.tiles,
      meeting?.participants,
      meeting?.speaking,
      meeting?.poor,
      language,
    ],
    () => {
      const { meeting } = context.state;
      const tiles = meeting?.tiles;
      reconcile(
        list,
        (tiles?.tiles ?? []).filter((tile) => find(meeting, tile.participant)),
        (tile) => `${tile.participant}${tile.content ? " content" : ""}`,
        () =>
          element(
            "li",
            {},
            element("span", { class: "tile-name" }),
            element("span", { class: "visually-hidden" }),
            element("span", { class: "tile-line" }, icon("weak"), element("span")),
          ),
        (node, tile) => tiles && updateTile(context, node, tile, tiles),
      );
    },
  );
  return list;
}

/**
 * @param {Context} context
 * @param {HTMLElement} node
 * @param {Tile} tile
 * @param {{ width: number, height: number }} picture
 */
function updateTile(context, node, tile, picture) {
  const { meeting } = context.state;
  const who = find(meeting, tile.participant);
  const [name, state, line] = node.children;
  if (!who || !name || !state || !(line instanceof HTMLElement)) return;
  line.hidden = tile.content || !meeting?.poor.includes(tile.participant);
  if (line.lastElementChild) line.lastElementChild.textContent = context.say("people.poorLine");
  Object.assign(node.style, percentages(tile, picture));
  const speaking = meeting?.speaking.includes(tile.participant) ?? false;
  node.classList.toggle("speaking", speaking && !tile.content);
  node.classList.toggle("muted", who.muted && !tile.content);
  name.textContent = [who.name, who.office].filter(Boolean).join(" "); // the name first: the end may be cut off
  const words = tile.content
    ? [context.say("people.sharing")]
    : [
        speaking && context.say("people.speaking"),
        who.muted && context.say("people.muted"),
        who.camera_off && context.say("people.cameraOff"),
      ];
  state.textContent = words
    .filter(Boolean)
    .map((word) => `, ${word}`)
    .join("");
}
