import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { initials } from "../state/initials.js";

/** The same as for mcu/mixer/initials.py. @type {[string, string, string][]} */
const CASES = JSON.parse(readFileSync(new URL("initials.json", import.meta.url), "utf8"));

test("two letters tell people, offices and numbers apart, as in the composite", () => {
  for (const [name, office, expected] of CASES) {
    assert.equal(initials(name, office), expected, `${name} ${office}`);
    assert.equal(initials(name.normalize("NFD"), office.normalize("NFD")), expected);
  }
});
