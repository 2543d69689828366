/**
 * The own camera over the own tile: nobody sees himself late.
 *
 * It is the very stream that is sent, cut as the server cuts it, and mirrored as in a mirror (a camera at the back of
 * a telephone is not).
 */

import { switchRow } from "./controls.js";
import { element } from "./dom.js";
import { filled, freePart, percentages } from "./overlay.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./overlay.js").Rectangle} Rectangle */

/** A row of the settings; nothing for who only watches. @param {Context} context */
export function ownPictureRow(context) {
  if (self(context.state.meeting)?.role === "viewer") return null;
  return switchRow(context, {
    label: "own.atOnce",
    hint: "own.atOnceHint",
    on: (state) => state.ownAtOnce,
    set: (on) => context.actions.showOwn(on),
  });
}

export class OwnPicture {
  /** What goes into the tile. */
  node;
  #context;
  #video;
  /** @type {{ tile: Rectangle, above: readonly Rectangle[] } | null} */
  #place = null;

  /** @param {Context} context @param {() => void} changed whether it is shown */
  constructor(context, changed) {
    this.#context = context;
    this.#video = element("video", { autoplay: true, playsinline: true, tabindex: -1, "aria-hidden": "true" });
    this.#video.muted = true; // the attribute alone counts only for parsed pages
    this.node = element("div", { class: "own-picture", hidden: true }, this.#video);
    for (const type of ["loadeddata", "resize", "emptied"]) {
      this.#video.addEventListener(type, () => {
        this.#lay();
        changed();
      });
    }
    context.watch(
      (state) => [state.preview, state.ownAtOnce],
      () => {
        const { preview, ownAtOnce } = context.state;
        const track = preview?.getVideoTracks()[0];
        this.#video.srcObject = ownAtOnce ? preview : null;
        this.#video.classList.toggle("mirrored", track?.getSettings().facingMode !== "environment");
        this.#lay();
        changed();
      },
    );
    context.watch(
      (state) => state.meeting?.conference.layout.fit,
      () => this.#lay(),
    );
    context.signal.addEventListener("abort", () => (this.#video.srcObject = null));
  }

  /** Whether it lies over the tile now. */
  get covers() {
    return !this.node.hidden;
  }

  /**
   * @param {HTMLElement} item of the own tile
   * @param {Rectangle} tile
   * @param {readonly Rectangle[]} above tiles that are painted later
   */
  put(item, tile, above) {
    this.#place = { tile, above };
    if (this.node.parentElement !== item) {
      item.prepend(this.node);
      void this.#play(); // moving a video in the page pauses it
    }
    this.#lay();
  }

  #lay() {
    const { videoWidth, videoHeight } = this.#video;
    const free = this.#place && freePart(this.#place.tile, this.#place.above);
    this.node.hidden = !this.#place || !free || this.#video.srcObject === null || videoWidth === 0;
    if (!this.#place || !free || videoWidth === 0) return;
    const fit = this.#context.state.meeting?.conference.layout.fit ?? "cover";
    const { tile } = this.#place;
    Object.assign(this.#video.style, percentages(filled({ width: videoWidth, height: videoHeight }, tile, fit), tile));
    this.node.style.clipPath = free;
  }

  async #play() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no stream yet: it starts by itself with one
    }
  }
}
