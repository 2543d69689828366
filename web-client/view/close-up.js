/**
 * Whoever speaks, large, under the composite where an upright screen leaves room: the same picture once more, of which
 * only that person's tile is seen. It costs no second decoding; words are with the tiles (tiles.js).
 */

import { element } from "./dom.js";
import { closeUp } from "./overlay.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./overlay.js").Rectangle} Rectangle */
/** @typedef {import("./overlay.js").Size} Size */
/** @typedef {import("../protocol").Tile} Tile */

export class CloseUp {
  node;
  #context;
  #video;
  #whose = ""; // the last who spoke, while in the picture

  /** @param {Context} context */
  constructor(context) {
    this.#context = context;
    this.#video = element("video", { autoplay: true, playsinline: true, tabindex: -1 });
    this.#video.muted = true; // the attribute alone counts only for parsed pages
    this.node = element("div", { class: "close-up", hidden: true, "aria-hidden": "true" }, this.#video);
    context.signal.addEventListener("abort", () => (this.#video.srcObject = null));
  }

  /**
   * Take a place under the composite, or none.
   *
   * @param {Size} box of the stage
   * @param {Rectangle} whole the composite, centred in it
   * @param {boolean} free whether nothing is enlarged
   * @returns {number} pixels by which the composite gives way upwards
   */
  place(box, whole, free) {
    const { meeting, picture } = this.#context.state;
    const tile = free && picture ? this.#tile() : undefined;
    const places = tile && meeting?.tiles ? closeUp(box, whole, tile, meeting.tiles) : null;
    this.node.hidden = places === null;
    this.#show(places ? picture : null);
    if (!places) return 0;
    put(this.node, places.window);
    put(this.#video, places.picture);
    return places.rise;
  }

  /**
   * Whose tile: the speaker, or who else speaks, or spoke last, or stands first. Oneself is seen elsewhere; while one
   * makes a noise oneself and several others speak, whoever of them stands here stays.
   */
  #tile() {
    const { meeting } = this.#context.state;
    const others = (meeting?.tiles?.tiles ?? []).filter((tile) => !tile.content && tile.participant !== meeting?.you);
    const speaking = others.filter((tile) => meeting?.speaking.includes(tile.participant));
    const now = others.find((tile) => tile.participant === meeting?.speaker);
    const tile = now ?? this.#before(speaking) ?? speaking[0] ?? this.#before(others) ?? others[0];
    this.#whose = tile?.participant ?? "";
    return others.length > 1 ? tile : undefined; // one other is large as it is
  }

  /** @param {readonly Tile[]} tiles */
  #before(tiles) {
    return tiles.find((tile) => tile.participant === this.#whose);
  }

  /** @param {MediaStream | null} picture */
  #show(picture) {
    if (this.#video.srcObject === picture) return;
    this.#video.srcObject = picture;
    if (picture) void this.#play();
  }

  async #play() {
    try {
      await this.#video.play();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // another stream came while it was starting
    }
  }
}

/** @param {HTMLElement} node @param {Rectangle} area in pixels */
function put(node, area) {
  Object.assign(node.style, {
    left: `${area.x}px`,
    top: `${area.y}px`,
    width: `${area.width}px`,
    height: `${area.height}px`,
  });
}
