import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("..", import.meta.url);
const page = readFileSync(new URL("index.html", ROOT), "utf8");

/** Every module that main.js reaches, as a path from the root. */
function reached() {
  const found = new Set(["main.js"]);
  for (const path of found) {
    const source = readFileSync(new URL(path, ROOT), "utf8");
    for (const [, target] of source.matchAll(/^(?:import|export) [^;]*? from "(\.[^"]+)";/gm)) {
      found.add(new URL(target, new URL(path, ROOT)).pathname.slice(ROOT.pathname.length));
    }
  }
  return found;
}

/** @param {RegExp} pattern */
const named = (pattern) => [...page.matchAll(pattern)].map((match) => match[1].slice(1)).sort();

test("the page asks for every module at once, and for nothing that is not there", () => {
  const modules = [...reached()].filter((path) => path !== "main.js").sort();
  assert.deepEqual(named(/rel="modulepreload" href="([^"]+)"/g), modules);
  for (const path of named(/(?:href|src)="([^"]+)"/g)) assert.ok(existsSync(new URL(path, ROOT)), path);
});

test("the page itself holds no script, no style and no address of somebody else", () => {
  assert.doesNotMatch(page, /<style|style=|<script(?![^>]*src=)|https?:/);
  assert.match(page, /default-src 'none'/);
  assert.doesNotMatch(page, /unsafe/);
});
