/**
 * How the name of a tile is shown over it, and the shape of its marks. Pure.
 *
 * The server draws a plate with the name into each tile (mcu/mixer/labels.py, marks.py). Where the picture is shown so
 * small that it cannot be read, the page lays its own over it; where even that would hide the face, only a mark, and
 * the name of those who speak or are pointed at.
 */

/** @typedef {import("./overlay.js").Size} Size */

/**
 * "drawn": the server's is good enough; "copy": the same as text; "name": a small one; "mark": no room for a name;
 * "none": nothing stands over it.
 *
 * @typedef {{ kind: "drawn" | "copy" | "name" | "mark" | "none", size: number }} Plate `size` of the text in pixels
 *   of the page
 */

const LEAST_TILE = { width: 72, height: 40 }; // as the server has it: no plate below
const LEAST_OFFICE_TILE = 80; // pixels of height, as the server has it: no office below
const OTHER_FONT = 1.1; // by how much wider the server's text may be than the same in the page's font
const [SMALLEST, LARGEST] = [10, 24]; // pixels of text in the composite
const LEGIBLE = 9; // pixels of text on the page
const NAME_SIZE = 11.5;
const MARK_SIZE = 10;
const LEAST_NAMED = 76; // pixels of a tile's height on the page: below, a plate would hide more than a fifth of it

/**
 * @param {Size & { content: boolean }} tile in pixels of the composite
 * @param {number} scale of the composite on the page
 * @param {boolean} covered whether something of the page lies over what the server drew
 * @returns {Plate}
 */
export function plateOf(tile, scale, covered) {
  if (tile.content) return { kind: "none", size: 0 };
  const drawn = tile.width < LEAST_TILE.width || tile.height < LEAST_TILE.height ? 0 : textSize(tile.height) * scale;
  if (drawn >= LEGIBLE) return { kind: covered ? "copy" : "drawn", size: drawn };
  return tile.height * scale >= LEAST_NAMED ? { kind: "name", size: NAME_SIZE } : { kind: "mark", size: MARK_SIZE };
}

/**
 * Height of the server's plate and its distance from the tile's edges, in pixels of the composite.
 *
 * @param {number} size of the text
 */
export function plateBox(size) {
  return { height: even(Math.floor((size * 8) / 5) + 1) + evenUp(size * 0.1), margin: evenUp(size * 0.45) };
}

/** Pixels that a text takes at 1 pixel of size. @typedef {(text: string, weight: number) => number} Measure */

/**
 * How far the server's plate reaches from the tile's left edge, and how far the mute mark in it, which the name
 * follows; in pixels of the composite, rather too far than too short: the server writes in another font.
 *
 * @param {Size} tile
 * @param {{ name: string, office: string, muted: boolean }} who
 * @param {Measure} measure
 */
export function plateReach(tile, who, measure) {
  if (tile.width < LEAST_TILE.width || tile.height < LEAST_TILE.height) return { plate: 0, mark: 0 };
  const size = textSize(tile.height);
  const { margin } = plateBox(size);
  const padding = Math.round(size * 0.55);
  const mark = who.muted ? evenUp(size * 1.1) + Math.floor(padding / 2) : 0;
  const [name, office] = who.name ? [who.name, who.office] : [who.office, ""];
  const beside =
    office && tile.height >= LEAST_OFFICE_TILE
      ? Math.round(size * 0.5) + measure(office, 400) * Math.max(SMALLEST, size - 1)
      : 0;
  const text = (measure(name, 700) * size + beside) * OTHER_FONT;
  const most = tile.width - margin; // the server shortens what is longer
  return { plate: Math.min(most, margin + mark + text + 2 * padding), mark: mark && margin + padding + mark };
}

/** @param {number} value */
const even = (value) => Math.floor(value / 2) * 2;
/** @param {number} value */
const evenUp = (value) => Math.ceil(Math.floor(value) / 2) * 2;

/** Pixels of the text that the server draws into a tile. @param {number} height of the tile */
export function textSize(height) {
  return Math.min(LARGEST, Math.max(SMALLEST, Math.round(8 + height * 0.036)));
}

/**
 * Round corners and speaking border as the server draws them, in pixels of the composite.
 *
 * @param {Size & { x: number, y: number }} tile
 * @param {Size} picture
 * @param {boolean} over whether the tile lies over another
 */
export function outlineOf(tile, picture, over) {
  const least = Math.min(tile.width, tile.height);
  const alone = tile.width === picture.width && tile.height === picture.height;
  const touches =
    tile.x === 0 ||
    tile.y === 0 ||
    tile.x + tile.width === picture.width ||
    tile.y + tile.height === picture.height;
  return {
    radius: touches || over ? 0 : Math.min(14, Math.max(4, Math.round(least * 0.05))),
    border: alone ? 0 : least < 100 ? 2 : 4, // a border around everything tells nobody from anybody
  };
}
