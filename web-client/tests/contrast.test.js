/** Colours as WCAG 2.2 counts them: words 4.5 to 1 (1.4.3), borders and marks of controls 3 to 1 (1.4.11). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const source = readFileSync(new URL("../styles/tokens.css", import.meta.url), "utf8");
const [lightPart, darkPart = ""] = source.split("@media (prefers-color-scheme: dark)");

/** @param {string} css @returns {Record<string, string>} */
const colours = (css) =>
  Object.fromEntries([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/gi)].map(([, name, value]) => [name, value]));

const light = colours(lightPart ?? "");
const SCHEMES = { light, dark: { ...light, ...colours(darkPart) } };

const WORDS = 4.5;
const MARKS = 3;
const SURFACES = ["ground", "surface", "raised", "pressed"];

/** [front, back, least]: every pair that the styles put together. @type {[string, string, number][]} */
const PAIRS = [
  ...SURFACES.flatMap((back) => /** @type {[string, string, number][]} */ ([
    ["text", back, WORDS],
    ["text-soft", back, WORDS],
    ["accent", back, MARKS],
    ["line-strong", back, MARKS],
  ])),
  ...["ground", "surface", "raised"].flatMap((back) => /** @type {[string, string, number][]} */ ([
    ["accent", back, WORDS],
    ["danger-words", back, WORDS],
    ["good", back, WORDS],
    ["warn", back, WORDS],
  ])),
  ["accent-text", "accent", WORDS],
  ["accent-text", "accent-hover", WORDS],
  ["danger-text", "danger", WORDS],
  ["danger-text", "danger-hover", WORDS],
  ["accent", "accent-soft", WORDS],
  ["text", "accent-soft", WORDS],
  ["danger-words", "danger-soft", WORDS],
  ["text", "danger-soft", WORDS],
  ["warn", "warn-soft", WORDS],
  ["text", "warn-soft", WORDS],
  ["stage-text", "stage", WORDS],
  ["stage-soft", "stage", WORDS],
  ["stage-office", "stage", WORDS],
  ["stage-text", "tile", WORDS],
  ["stage-focus", "stage", MARKS],
  ["stage-focus", "tile", MARKS],
  ["muted-mark", "tile", MARKS],
  ["muted-mark", "stage", MARKS],
  ["talk-text", "talk", WORDS],
  ["speaking", "stage", MARKS],
  ["caption-text", "caption-ground", WORDS],
  ["caption-text", "stage", WORDS],
  ["stage-soft", "caption-ground", WORDS],
  ...["disc-ink", "disc-blue", "disc-red", "disc-violet", "disc-green"].map(
    (ink) => /** @type {[string, string, number]} */ ([ink, "disc", MARKS]),
  ),
];

/** Relative luminance. @param {string} hex */
function luminance(hex) {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} front @param {string} back */
function contrast(front, back) {
  const [more = 0, less = 0] = [luminance(front), luminance(back)].sort((a, b) => b - a);
  return (more + 0.05) / (less + 0.05);
}

test("black on white is 21 to 1, and grey on grey is not enough", () => {
  assert.equal(Math.round(contrast("#000000", "#ffffff")), 21);
  assert.ok(contrast("#888888", "#999999") < MARKS);
});

for (const [scheme, known] of Object.entries(SCHEMES)) {
  test(`what stands on what can be read, ${scheme}`, () => {
    const weak = PAIRS.flatMap(([front, back, least]) => {
      const [over, under] = [known[front], known[back]];
      assert.ok(over && under, `${front} on ${back}: no such colour`);
      const found = contrast(over, under);
      return found < least ? [`${front} on ${back}: ${found.toFixed(2)}, not ${least}`] : [];
    });
    assert.deepEqual(weak, []);
  });
}

test("every colour for words or marks is in a pair", () => {
  const neither = new Set(["line", "shadow", "shadow-high", "stage-line"]); // lines that only divide
  const paired = new Set(PAIRS.flatMap(([front, back]) => [front, back]));
  assert.deepEqual(
    Object.keys(light).filter((name) => !paired.has(name) && !neither.has(name)),
    [],
  );
});
