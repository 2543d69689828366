/**
 * The tiles as a list over the composite: what can be read, pointed at and enlarged.
 *
 * Each item lies exactly over its tile and holds, from bottom to top: a picture of its own (the own camera, or a shared
 * screen), the
 * plate with the name, words for screen readers, and a button that enlarges the tile.
 */

import { ContentPicture } from "./content-picture.js";
import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { percentages } from "./overlay.js";
import { OwnPicture } from "./own-picture.js";
import { outlineOf, plateBox, plateOf, plateReach, textSize } from "./plates.js";
import { find } from "../state/meeting.js";
import { titled } from "../state/news.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../protocol").Tile} Tile */
/** @typedef {import("../protocol").Tiles} Tiles */
/** @typedef {{ enlarge: (key: string) => void, enlarged: () => string | null }} Enlarging */

/** The name of a tile while it lasts. @param {Tile} tile */
export function keyOf(tile) {
  return `${tile.participant}${tile.content ? " content" : ""}`;
}

export class TileList {
  node;
  #context;
  #enlarging;
  #own;
  #screen;
  #scale = 1;

  /** @param {Context} context @param {Enlarging} enlarging */
  constructor(context, enlarging) {
    this.#context = context;
    this.#enlarging = enlarging;
    this.node = element("ul", { class: "tiles" });
    this.#own = new OwnPicture(context, () => this.update());
    this.#screen = new ContentPicture(context);
    context.label(this.node, "aria-label", "meeting.people");
    context.watch(
      ({ meeting, language }) => [
        meeting?.tiles,
        meeting?.participants,
        meeting?.speaking,
        meeting?.poor,
        language,
      ],
      () => this.update(),
    );
    this.node.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** The composite is shown so many times its size. @param {number} scale */
  scaled(scale) {
    this.#scale = scale;
    this.node.style.setProperty("--scale", String(scale));
    this.update();
  }

  update() {
    const { meeting } = this.#context.state;
    const tiles = meeting?.tiles;
    const listed = (tiles?.tiles ?? []).filter((tile) => find(meeting, tile.participant));
    reconcile(
      this.node,
      listed,
      keyOf,
      (tile) => this.#item(keyOf(tile)),
      (node, tile) => tiles && this.#show(node, tile, tiles),
    );
    const buttons = [...this.node.querySelectorAll("button")];
    const reached = buttons.find((button) => button.tabIndex === 0) ?? buttons[0];
    for (const button of buttons) button.tabIndex = button === reached ? 0 : -1; // one stop for Tab, arrows from there
  }

  /** @param {string} key */
  #item(key) {
    return element(
      "li",
      {},
      element(
        "span",
        { class: "plate" },
        icon("microphoneOff"),
        element("bdi", { class: "plate-name" }),
        element("span", { class: "plate-gap" }, " "),
        element("bdi", { class: "plate-office" }),
      ),
      element("span", { class: "visually-hidden" }),
      element("span", { class: "tile-line" }, icon("weak"), element("span")),
      this.#button(key),
    );
  }

  /** @param {string} key */
  #button(key) {
    const loupe = element("span", { class: "loupe" }, icon("enlarge"));
    const button = element("button", { type: "button", class: "tile-button", tabindex: -1 }, loupe);
    button.addEventListener("click", (event) => {
      if (deliberate(event) && event.detail < 2) this.#enlarging.enlarge(key); // the second of two taps is no answer
    });
    button.addEventListener("dblclick", (event) => {
      if (!deliberate(event)) this.#enlarging.enlarge(key);
    });
    return button;
  }

  /** @param {HTMLElement} node @param {Tile} tile @param {Tiles} tiles */
  #show(node, tile, tiles) {
    const { meeting } = this.#context.state;
    const who = find(meeting, tile.participant);
    if (!who) return;
    const index = tiles.tiles.indexOf(tile);
    const over = tiles.tiles.slice(0, index).some((other) => overlap(tile, other));
    const { radius, border } = outlineOf(tile, tiles, over);
    Object.assign(node.style, percentages(tile, tiles));
    node.style.setProperty("--radius", String(radius));
    node.style.setProperty("--border", String(border));
    const speaking = (meeting?.speaking.includes(who.participant) ?? false) && !who.muted && !tile.content;
    node.classList.toggle("speaking", speaking);
    node.classList.toggle("bordered", border > 0);
    node.classList.toggle("muted", who.muted && !tile.content);
    const above = tiles.tiles.slice(index + 1);
    if (tile.content) this.#screen.put(node, tile, above);
    else if (who.participant === meeting?.you) this.#own.put(node, tile, above);
    const line = node.querySelector(/** @type {"span"} */ (".tile-line"));
    const poor = !tile.content && (meeting?.poor.includes(tile.participant) ?? false);
    if (line) line.hidden = !poor;
    if (line?.lastElementChild) line.lastElementChild.textContent = poor ? this.#context.say("people.poorLine") : "";
    this.#name(node, tile, who, speaking);
  }

  /**
   * @param {HTMLElement} node
   * @param {Tile} tile
   * @param {import("../protocol").Participant} who
   * @param {boolean} speaking
   */
  #name(node, tile, who, speaking) {
    const context = this.#context;
    const own = who.participant === context.state.meeting?.you && !tile.content;
    const plate = plateOf(tile, this.#scale, own && this.#own.covers);
    node.dataset.plate = plate.kind;
    const { height, margin } = plateBox(textSize(tile.height));
    node.style.setProperty("--size", `${plate.size}px`);
    node.style.setProperty("--plate-height", `${height * this.#scale}px`);
    node.style.setProperty("--plate-margin", `${margin * this.#scale}px`);
    const reach = plateReach(tile, who, measured);
    node.style.setProperty("--plate-reach", `${reach.plate * this.#scale}px`);
    node.style.setProperty("--mark-reach", reach.mark ? `${reach.mark * this.#scale}px` : "auto");
    const [name, office] = node.querySelectorAll("bdi");
    const state = node.querySelector(":scope > .visually-hidden");
    const button = node.querySelector("button");
    if (!name || !office || !state || !button) return;
    name.textContent = who.name;
    office.textContent = who.office;
    node.classList.toggle("untitled", who.office === "" || who.name === ""); // nothing for the gap to part
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
    const enlarged = this.#enlarging.enlarged() === keyOf(tile);
    const enlarge = tile.content ? "stage.enlargeScreen" : "stage.enlarge";
    button.setAttribute("aria-label", context.say(enlarge, { name: titled(who) }));
    button.setAttribute("aria-pressed", String(enlarged));
  }

  /** Arrow keys go to the tile that lies there. @param {KeyboardEvent} event */
  #walk(event) {
    const from = event.target;
    const direction = DIRECTIONS[event.key];
    if (!direction || !(from instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const next = nearest(from, [...this.node.querySelectorAll("button")], direction);
    if (!next) return;
    from.tabIndex = -1;
    next.tabIndex = 0;
    next.focus({ preventScroll: true });
  }
}

let fonts = ""; // the page's, for it does not change
/** @type {CanvasRenderingContext2D | null | undefined} */
let pen;

/** What a text takes in the page's font. @type {import("./plates.js").Measure} */
function measured(text, weight) {
  pen ??= document.createElement("canvas").getContext("2d");
  if (!pen) return text.length; // a square each: what Hangul takes at most
  fonts ||= getComputedStyle(document.body).fontFamily;
  pen.font = `${weight} 100px ${fonts}`;
  return pen.measureText(text).width / 100;
}

/** @type {Record<string, readonly [number, number]>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The nearest that lies in this direction; what is aside counts double.
 *
 * @param {HTMLElement} from
 * @param {readonly HTMLButtonElement[]} all
 * @param {readonly [number, number]} direction
 */
function nearest(from, all, [x, y]) {
  const start = middle(from);
  const away = all
    .filter((node) => node !== from)
    .map((node) => {
      const { left, top } = middle(node);
      const ahead = (left - start.left) * x + (top - start.top) * y;
      const aside = Math.abs((left - start.left) * y) + Math.abs((top - start.top) * x);
      return { node, ahead, far: ahead + 2 * aside };
    })
    .filter(({ ahead }) => ahead > 1);
  return away.sort((a, b) => a.far - b.far)[0]?.node;
}

/** @param {HTMLElement} node */
function middle(node) {
  const { left, top, width, height } = node.getBoundingClientRect();
  return { left: left + width / 2, top: top + height / 2 };
}

/** A finger, a key and the loupe mean it; a mouse is clicked about, and means it when it clicks twice. */
/** @param {MouseEvent} event */
function deliberate(event) {
  if (event.detail === 0 || (event.target instanceof Element && event.target.closest(".loupe"))) return true;
  return "pointerType" in event && event.pointerType !== "mouse" && event.pointerType !== "";
}

/** @param {import("./overlay.js").Rectangle} a @param {import("./overlay.js").Rectangle} b */
function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
