/**
 * What outlives a page: preferences in localStorage, the way back into a meeting in sessionStorage.
 *
 * Rules:
 * 1. The secret stays in this tab (sessionStorage) and never goes into an address.
 * 2. Storage can be switched off or full; the page then works without it.
 */

import { DEFAULT_SETTINGS } from "./settings.js";

/** @typedef {import("./app-state.js").Language} Language */

/**
 * @typedef {object} Own
 * @property {string} name
 * @property {string} office
 * @property {Language | ""} language
 * @property {string} camera device id
 * @property {string} microphone device id
 * @property {string} speaker device id
 * @property {boolean} wantsCamera
 * @property {boolean} wantsMicrophone
 * @property {boolean} ownAtOnce
 */

/** @typedef {Own & import("./settings.js").Settings} Preferences */

/**
 * The way back: which page it belongs to, and what `resume` needs.
 *
 * @typedef {{ page: string, conference: string, participant: string, secret: string }} Return
 */

const PREFERENCES_KEY = "mcu.preferences";
const RETURN_KEY = "mcu.return";

/** @type {Preferences} */
const DEFAULTS = {
  name: "",
  office: "",
  language: "",
  camera: "",
  microphone: "",
  speaker: "",
  wantsCamera: true,
  wantsMicrophone: true,
  ownAtOnce: true,
  ...DEFAULT_SETTINGS,
};

export class Memory {
  #lasting;
  #passing;

  /** @param {() => Storage} lasting @param {() => Storage} passing */
  constructor(lasting, passing) {
    this.#lasting = lasting;
    this.#passing = passing;
  }

  /** @returns {Preferences} */
  preferences() {
    return pick(read(this.#lasting, PREFERENCES_KEY), DEFAULTS);
  }

  /** @param {Partial<Preferences>} changes */
  prefer(changes) {
    write(this.#lasting, PREFERENCES_KEY, { ...this.preferences(), ...changes });
  }

  /**
   * @param {string} page
   * @returns {Return | null}
   */
  wayBack(page) {
    const back = pick(read(this.#passing, RETURN_KEY), { page: "", conference: "", participant: "", secret: "" });
    return back.secret && back.page === page ? back : null;
  }

  /** @param {Return | null} back */
  keepWayBack(back) {
    write(this.#passing, RETURN_KEY, back);
  }
}

/**
 * The fields of `stored` that have the type they should have, defaults for the rest.
 *
 * @template {Record<string, unknown>} T
 * @param {unknown} stored
 * @param {T} defaults
 * @returns {T}
 */
function pick(stored, defaults) {
  const found = /** @type {Record<string, unknown>} */ (stored !== null && typeof stored === "object" ? stored : {});
  const entries = Object.entries(defaults).map(([key, value]) => [
    key,
    typeof found[key] === typeof value ? found[key] : value,
  ]);
  return Object.fromEntries(entries);
}

/** @param {() => Storage} storage @param {string} key */
function read(storage, key) {
  try {
    return JSON.parse(storage().getItem(key) ?? "null");
  } catch (error) {
    return excused(error);
  }
}

/** @param {() => Storage} storage @param {string} key @param {unknown} value */
function write(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch (error) {
    excused(error);
  }
}

/**
 * Storage that is forbidden, full (DOMException) or spoilt (SyntaxError) is as good as empty.
 *
 * @param {unknown} error
 */
function excused(error) {
  if (error instanceof DOMException || error instanceof SyntaxError) return null;
  throw error;
}
