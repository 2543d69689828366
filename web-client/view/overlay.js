/** Where things of the composite lie on the page. Pure. */

/** @typedef {{ x: number, y: number, width: number, height: number }} Rectangle */

/**
 * The rectangle that a picture of `picture` size takes in a box of `box` size when it is shown whole and centred
 * (CSS object-fit: contain).
 *
 * @param {{ width: number, height: number }} picture
 * @param {{ width: number, height: number }} box
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
 * A tile as CSS percentages of the composite.
 *
 * @param {Rectangle} tile
 * @param {{ width: number, height: number }} picture
 */
export function percentages(tile, picture) {
  const of = (/** @type {number} */ part, /** @type {number} */ whole) => `${((part / whole) * 100).toFixed(3)}%`;
  return {
    left: of(tile.x, picture.width),
    top: of(tile.y, picture.height),
    width: of(tile.width, picture.width),
    height: of(tile.height, picture.height),
  };
}
