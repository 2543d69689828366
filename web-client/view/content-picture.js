/**
 * A shared screen in its own size over its tile in the composite, where a page of text is too small to be read.
 *
 * The server sends it to whose line carries it. It is shown from its first picture on; without pictures for STALE_MS,
 * and when it ends, the composite is seen again, which shows the same screen.
 */

import { element } from "./dom.js";
import { freePart } from "./overlay.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./overlay.js").Rectangle} Rectangle */

const STALE_MS = 5_000; // the server sends a picture a second while nothing changes; a bad line may hold up some
const LOOK_MS = 1_000;

export class ContentPicture {
  /** What goes into the tile. */
  node;
  #context;
  #video;
  #counts;
  #whose = "";
  #newest = -Infinity; // milliseconds: when the last picture came
  /** @type {string | null} */
  #free = "none"; // what of the tile is not under others, null where it cannot be said

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#video = element("video", { autoplay: true, playsinline: true, tabindex: -1, "aria-hidden": "true" });
    this.#video.muted = true; // the attribute alone counts only for parsed pages
    this.#counts = "requestVideoFrameCallback" in this.#video; // else the last picture stays until sharing ends
    this.node = element("div", { class: "content-picture", hidden: true }, this.#video);
    this.#video.addEventListener("loadeddata", () => this.#came());
    if (this.#counts) this.#count();
    const timer = setInterval(() => this.#look(), LOOK_MS);
    context.signal.addEventListener("abort", () => {
      clearInterval(timer);
      this.#video.srcObject = null;
    });
    context.watch(
      (state) => [state.screen, whoseScreen(state)],
      () => this.#attach(),
    );
  }

  /**
   * @param {HTMLElement} item of the tile
   * @param {Rectangle} tile
   * @param {readonly Rectangle[]} above tiles that are painted later
   */
  put(item, tile, above) {
    this.#free = freePart(tile, above);
    this.node.style.clipPath = this.#free ?? "";
    this.#look();
    if (this.node.parentElement === item) return;
    item.prepend(this.node);
    void this.#play(); // moving a video in the page pauses it
  }

  /** A stream begins or ends: the last picture of the screen before is not shown again. */
  #attach() {
    const whose = whoseScreen(this.#context.state);
    const stream = whose ? this.#context.state.screen : null;
    if (whose === this.#whose && this.#video.srcObject === stream) return;
    this.#whose = whose;
    this.#newest = -Infinity;
    this.#video.srcObject = null;
    this.#video.srcObject = stream;
    if (stream) void this.#play();
    this.#look();
  }

  #came() {
    this.#newest = performance.now();
    this.#look();
  }

  #count() {
    this.#video.requestVideoFrameCallback(() => {
      if (this.#video.srcObject !== null) this.#came();
      if (!this.#context.signal.aborted) this.#count();
    });
  }

  #look() {
    const age = this.#counts || this.#newest === -Infinity ? performance.now() - this.#newest : 0;
    this.node.hidden = this.#video.srcObject === null || this.#free === null || age > STALE_MS;
  }

  async #play() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no stream yet: it starts by itself with one
    }
  }
}

/** Who of the others shares a screen, "" for nobody. @param {import("../state/app-state.js").AppState} state */
function whoseScreen({ meeting }) {
  const content = meeting?.conference.content ?? "";
  return content === meeting?.you ? "" : content;
}
