/**
 * Nodes made by functions: everything that is not an element is a text node, so no name or chat line is ever HTML.
 */

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | ((event: any) => void) | undefined>} Properties */

const SVG = "http://www.w3.org/2000/svg";

/**
 * `onclick` and its like are listeners, true is an attribute without value, false and undefined are left out.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  assign(node, properties);
  append(node, children);
  return node;
}

/**
 * A drawing of 24 by 24 from path data; hidden from screen readers, as its button has the words.
 *
 * @param {readonly string[]} paths
 */
export function drawing(paths) {
  const node = document.createElementNS(SVG, "svg");
  assign(node, { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" });
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    node.append(path);
  }
  return node;
}

/**
 * Make the children of `parent` follow `items`, keeping the nodes of those that stay (and with them focus).
 *
 * @template T
 * @template {HTMLElement} N
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => N} create
 * @param {(node: N, item: T) => void} update
 */
export function reconcile(parent, items, key, create, update) {
  const known = new Map([...parent.children].map((node) => [node.getAttribute("data-key"), /** @type {N} */ (node)]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let node = known.get(name);
    if (node) known.delete(name);
    else {
      node = create(item);
      node.setAttribute("data-key", name);
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of known.values()) node.remove();
}

/** @param {Element} node @param {Properties} properties */
function assign(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== undefined && value !== false) node.setAttribute(name, String(value));
  }
}

/** @param {Element} node @param {readonly Child[]} children */
function append(node, children) {
  for (const child of children) if (child) node.append(child);
}
