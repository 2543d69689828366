/**
 * Looking closer at the picture: a tile enlarged, or two fingers' zoom, and one finger's move while it is enlarged.
 *
 * A tile that is enlarged is followed where the layout moves it, and let go when it leaves the picture.
 */

import { WHOLE, moved, shown, viewOf } from "./overlay.js";
import { keyOf } from "./tiles.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./overlay.js").View} View */
/** @typedef {{ x: number, y: number }} Point */

const TAP = 10; // pixels that a finger may stray in a tap

export class Zoom {
  #context;
  #changed;
  #box = { width: 0, height: 0 };
  /** @type {string | null} */
  #tile = null;
  /** @type {View} */
  #view = WHOLE;
  /** @type {Map<number, Point>} */
  #fingers = new Map();
  #strayed = 0;

  /** @param {Context} context @param {() => void} changed */
  constructor(context, changed) {
    this.#context = context;
    this.#changed = changed;
  }

  /** What of the picture is looked at. */
  get view() {
    return this.#view;
  }

  /** The key of the tile that is enlarged. */
  get tile() {
    return this.#tile;
  }

  /** Whether fingers are moving the picture now: then it follows at once. */
  get moving() {
    return this.#fingers.size > 0 && this.#strayed > TAP;
  }

  /** @param {{ width: number, height: number }} box */
  fit(box) {
    this.#box = box;
    this.follow();
  }

  /** A tile as large as it goes; the same once more: the whole picture. @param {string} key */
  enlarge(key) {
    this.#tile = this.#tile === key ? null : key;
    this.#view = WHOLE;
    this.follow();
    this.#changed();
  }

  whole() {
    this.#tile = null;
    this.#view = WHOLE;
    this.#changed();
  }

  /** To where the enlarged tile is now. */
  follow() {
    const picture = this.#picture();
    if (this.#tile === null || !picture) return;
    const tile = this.#context.state.meeting?.tiles?.tiles.find((one) => keyOf(one) === this.#tile);
    if (!tile) this.#tile = null;
    this.#view = tile ? viewOf(tile, picture, this.#box) : WHOLE;
  }

  /** @param {HTMLElement} node */
  listen(node) {
    const { signal } = this.#context;
    node.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    node.addEventListener("pointermove", (event) => this.#move(node, event), { signal });
    for (const type of /** @type {const} */ (["pointerup", "pointercancel"])) {
      document.addEventListener(type, (event) => this.#up(event), { signal }); // also outside the picture
    }
    const strayed = (/** @type {Event} */ event) => this.#strayed > TAP && event.stopPropagation();
    node.addEventListener("click", strayed, { capture: true, signal });
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.#view.scale === 1) return;
      event.preventDefault();
      this.whole();
    });
  }

  #picture() {
    const { meeting } = this.#context.state;
    return meeting?.tiles ?? meeting?.conference.picture;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.pointerType === "mouse" && this.#view.scale === 1) return;
    if (this.#fingers.size === 0) this.#strayed = 0;
    this.#fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  /** @param {HTMLElement} node @param {PointerEvent} event */
  #move(node, event) {
    const before = this.#fingers.get(event.pointerId);
    const picture = this.#picture();
    if (!before || !picture) return;
    const old = this.#grip();
    const now = { x: event.clientX, y: event.clientY };
    this.#fingers.set(event.pointerId, now);
    this.#strayed += Math.hypot(now.x - before.x, now.y - before.y);
    if (this.#strayed <= TAP) return;
    const grip = this.#grip();
    const { left, top } = node.getBoundingClientRect();
    this.#tile = null;
    this.#view = moved(shown(picture, this.#box), this.#box, this.#view, {
      factor: old.spread > 0 ? grip.spread / old.spread : 1,
      at: { x: old.middle.x - left, y: old.middle.y - top },
      by: { x: grip.middle.x - old.middle.x, y: grip.middle.y - old.middle.y },
    });
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (this.#fingers.delete(event.pointerId)) this.#changed();
  }

  /** Middle of the fingers, and how far they are from it. */
  #grip() {
    const fingers = [...this.#fingers.values()];
    const middle = { x: mean(fingers.map(({ x }) => x)), y: mean(fingers.map(({ y }) => y)) };
    return { middle, spread: mean(fingers.map(({ x, y }) => Math.hypot(x - middle.x, y - middle.y))) };
  }
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
