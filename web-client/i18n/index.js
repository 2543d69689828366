/** Sentences by key and language; times and numbers by the language's habits. */

import { ko } from "./ko.js";
import { en } from "./en.js";

/** @typedef {import("./ko.js").Key} Key */
/** @typedef {"ko" | "en"} Language */
/** @typedef {Readonly<Record<string, string | number>>} Values */

/** @type {Record<Language, Record<Key, string>>} */
const CATALOGUES = { ko, en };

/** Letters that are written from right to left, and marks that turn what is around them. */
const TURNS = /[\p{Script=Hebr}\p{Script=Arab}\p{Script=Syrc}\p{Script=Thaa}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/**
 * A value in a sentence of another direction: isolated (UAX 9), so that the words around it stay where they are.
 *
 * @param {string} value
 */
const isolated = (value) => (TURNS.test(value) ? `\u2068${value}\u2069` : value);

/**
 * @param {Language} language
 * @param {Key} key
 * @param {Values} [values] for the {braces} in the sentence
 */
export function translate(language, key, values = {}) {
  return CATALOGUES[language][key].replace(/\{(\w+)\}/g, (whole, name) => isolated(String(values[name] ?? whole)));
}

/** @param {string} name @returns {name is Language} whether there is such a catalogue; what is stored may be spoilt */
export function isLanguage(name) {
  return Object.hasOwn(CATALOGUES, name);
}

/**
 * The first language of the person's list that there is, Korean otherwise.
 *
 * @param {readonly string[]} wanted BCP 47 tags
 * @returns {Language}
 */
export function languageFor(wanted) {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "ko" || primary === "en") return primary;
  }
  return "ko";
}

/**
 * @param {Language} language
 * @param {string} at ISO 8601
 */
export function timeOfDay(language, at) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    new Date(at),
  );
}

/**
 * Hours and minutes, in words.
 *
 * @param {Language} language
 * @param {number} milliseconds
 */
export function duration(language, milliseconds) {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  const parts = /** @type {const} */ ([
    ["hour", Math.floor(minutes / 60)],
    ["minute", minutes % 60],
  ]);
  return parts
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count))
    .join(" ");
}

/** A meeting's number as it is read out: three groups of three. @param {string} number */
export function grouped(number) {
  return number.replace(/(\d{3})(?=\d)/g, "$1 ");
}
