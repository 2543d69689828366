/** Where things of the composite lie on the page. Pure; the server's own rules are in mcu/mixer and mcu/_native. */

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {Size & { x: number, y: number }} Rectangle */

/** What is looked at: enlarged so many times, the middle as parts of the picture. */
/** @typedef {{ scale: number, x: number, y: number }} View */

/** @type {View} */
export const WHOLE = { scale: 1, x: 0.5, y: 0.5 };

const MOST_SCALE = 8; // more shows nothing but the coding's blocks
const CLOSE_UP_GAP = 8; // pixels between the composite and a tile shown large under it
const LEAST_CLOSE_UP = 1.5; // times as large as the tile in the composite; less is of no use
const MOST_CLOSE_UP = 1.75; // times the composite's own pixels; more shows only that they are few
const HALF = 2; // "cover" shows at least a half of a picture...
const KEPT = 3 / 4; // ...and where it would cut more (an upright telephone), three quarters between bars
const TOLERANCE = 64; // bars thinner than one 64th are not made

/**
 * The rectangle that a picture of `picture` size takes in a box of `box` size when it is shown whole and centred
 * (CSS object-fit: contain).
 *
 * @param {Size} picture
 * @param {Size} box
 * @returns {Rectangle}
 */
export function shown(picture, box) {
  if (picture.width <= 0 || picture.height <= 0) return { x: 0, y: 0, width: 0, height: 0 };
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (box.width - width) / 2, y: (box.height - height) / 2, width, height };
}

/**
 * The same rectangle, enlarged and moved as `view` says; no edge of the picture comes further in than it must.
 *
 * @param {Rectangle} whole
 * @param {Size} box
 * @param {View} view
 * @returns {Rectangle}
 */
export function zoomed(whole, box, view) {
  const width = whole.width * view.scale;
  const height = whole.height * view.scale;
  return { x: edge(box.width, width, view.x), y: edge(box.height, height, view.y), width, height };
}

/** @param {number} room @param {number} size @param {number} middle part of `size` */
function edge(room, size, middle) {
  if (size <= room) return (room - size) / 2;
  return Math.min(0, Math.max(room - size, room / 2 - middle * size));
}

/**
 * The view that shows a tile as large as the box allows.
 *
 * @param {Rectangle} tile in pixels of the composite
 * @param {Size} picture
 * @param {Size} box
 * @returns {View}
 */
export function viewOf(tile, picture, box) {
  const whole = shown(picture, box);
  const least = picture.width / whole.width;
  const scale = Math.min(box.width / tile.width, box.height / tile.height) * least;
  return {
    scale: Math.min(MOST_SCALE, Math.max(1, scale)),
    x: (tile.x + tile.width / 2) / picture.width,
    y: (tile.y + tile.height / 2) / picture.height,
  };
}

/**
 * Enlarge by `factor` around a point of the box, and move by so many pixels.
 *
 * @param {Rectangle} whole
 * @param {Size} box
 * @param {View} view
 * @param {{ factor: number, at: { x: number, y: number }, by: { x: number, y: number } }} gesture
 * @returns {View}
 */
export function moved(whole, box, view, { factor, at, by }) {
  const now = zoomed(whole, box, view);
  const scale = Math.min(MOST_SCALE, Math.max(1, view.scale * factor));
  const width = whole.width * scale;
  const height = whole.height * scale;
  const next = {
    scale,
    x: (at.x - now.x) / now.width + (box.width / 2 - at.x - by.x) / width,
    y: (at.y - now.y) / now.height + (box.height / 2 - at.y - by.y) / height,
  };
  const settled = zoomed(whole, box, next);
  return {
    scale,
    x: (box.width / 2 - settled.x) / width,
    y: (box.height / 2 - settled.y) / height,
  };
}

/**
 * A tile once more, large, under the composite: its window on the page, where the whole picture lies behind it,
 * and by how many pixels the composite moves up for it. Null where there is too little room to be of use.
 *
 * @param {Size} box
 * @param {Rectangle} whole the composite, centred in the box
 * @param {Rectangle} tile in pixels of the composite
 * @param {Size} picture
 */
export function closeUp(box, whole, tile, picture) {
  const room = box.height - whole.height - CLOSE_UP_GAP;
  const scale = Math.min((box.width - CLOSE_UP_GAP) / tile.width, room / tile.height, MOST_CLOSE_UP);
  if (scale < (LEAST_CLOSE_UP * whole.width) / picture.width) return null;
  const width = tile.width * scale;
  const height = tile.height * scale;
  const rise = (height + CLOSE_UP_GAP) / 2;
  return {
    window: { x: (box.width - width) / 2, y: whole.y + whole.height - rise + CLOSE_UP_GAP, width, height },
    picture: {
      x: -tile.x * scale,
      y: -tile.y * scale,
      width: picture.width * scale,
      height: picture.height * scale,
    },
    rise,
  };
}

/**
 * A rectangle as CSS percentages of the one around it.
 *
 * @param {Rectangle} part
 * @param {Size} whole
 */
export function percentages(part, whole) {
  const of = (/** @type {number} */ some, /** @type {number} */ all) => `${((some / all) * 100).toFixed(3)}%`;
  return {
    left: of(part.x, whole.width),
    top: of(part.y, whole.height),
    width: of(part.width, whole.width),
    height: of(part.height, whole.height),
  };
}

/**
 * The part of a tile that a camera's picture fills, as the server does it: there the picture covers.
 *
 * @param {Size} camera
 * @param {Size} tile
 * @param {"cover" | "contain"} fit
 * @returns {Rectangle}
 */
export function filled(camera, tile, fit) {
  const across = camera.width * tile.height;
  const down = camera.height * tile.width;
  const [less, more] = across > down ? [down, across] : [across, down];
  const all = { x: 0, y: 0, width: tile.width, height: tile.height };
  if ((fit === "cover" && less * HALF >= more) || (more - less) * TOLERANCE <= more) return all;
  const kept = fit === "cover" ? KEPT : 1;
  const size =
    across > down
      ? { width: tile.width, height: down / (camera.width * kept) }
      : { width: across / (camera.height * kept), height: tile.height };
  return { x: (tile.width - size.width) / 2, y: (tile.height - size.height) / 2, ...size };
}

/**
 * What of `tile` lies free under the tiles above it, as a CSS clip-path; null when those lie over one another there,
 * which one polygon cannot say.
 *
 * @param {Rectangle} tile
 * @param {readonly Rectangle[]} above
 * @returns {string | null}
 */
export function freePart(tile, above) {
  const holes = above.map((other) => common(tile, other)).filter((hole) => hole !== null);
  if (holes.length === 0) return "none";
  if (holes.some((hole, index) => holes.slice(index + 1).some((other) => common(hole, other)))) return null;
  const x = (/** @type {number} */ at) => `${(((at - tile.x) / tile.width) * 100).toFixed(3)}%`;
  const y = (/** @type {number} */ at) => `${(((at - tile.y) / tile.height) * 100).toFixed(3)}%`;
  const corners = [tile, ...holes].flatMap((ring) => [
    [ring.x, ring.y],
    [ring.x + ring.width, ring.y],
    [ring.x + ring.width, ring.y + ring.height],
    [ring.x, ring.y + ring.height],
    [ring.x, ring.y],
    [tile.x, tile.y], // back by the way that led here, so that no area lies between
  ]);
  return `polygon(evenodd, ${corners.map(([left = 0, top = 0]) => `${x(left)} ${y(top)}`).join(", ")})`;
}

/** @param {Rectangle} a @param {Rectangle} b @returns {Rectangle | null} */
function common(a, b) {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}
