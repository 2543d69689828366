import assert from "node:assert/strict";
import { test } from "node:test";
import { WHOLE, closeUp, filled, freePart, moved, percentages, shown, viewOf, zoomed } from "../view/overlay.js";
import { outlineOf, plateBox, plateOf, plateReach, textSize } from "../view/plates.js";
import { levelOf } from "../media/meter.js";

const PICTURE = { width: 1280, height: 720 };
const PHONE = { width: 390, height: 700 };
const TILE = { x: 640, y: 360, width: 320, height: 180 };

test("the picture is shown whole and centred", () => {
  assert.deepEqual(shown(PICTURE, { width: 1000, height: 1000 }), { x: 0, y: 218.75, width: 1000, height: 562.5 });
  assert.deepEqual(shown(PICTURE, { width: 2000, height: 720 }), { x: 360, y: 0, width: 1280, height: 720 });
  assert.deepEqual(shown({ width: 0, height: 0 }, PICTURE), { x: 0, y: 0, width: 0, height: 0 });
});

test("tiles lie where they are in the composite, at any size", () => {
  assert.deepEqual(percentages({ x: 640, y: 0, width: 640, height: 360 }, PICTURE), {
    left: "50.000%",
    top: "0.000%",
    width: "50.000%",
    height: "50.000%",
  });
});

test("an enlarged tile fills the window and stands in its middle", () => {
  const area = zoomed(shown(PICTURE, PHONE), PHONE, viewOf(TILE, PICTURE, PHONE));
  const scale = area.width / PICTURE.width;
  assert.ok(Math.abs(TILE.width * scale - PHONE.width) < 1e-6);
  assert.ok(Math.abs(area.x + TILE.x * scale) < 1e-6);
  assert.ok(area.y + TILE.y * scale >= 0 && area.y + (TILE.y + TILE.height) * scale <= PHONE.height);
  const middle = viewOf({ ...TILE, y: 270 }, PICTURE, PHONE);
  assert.deepEqual([middle.x, middle.y], [0.625, 0.5]);
});

test("no edge of the picture comes further in than it must", () => {
  const whole = shown(PICTURE, PHONE);
  const corner = zoomed(whole, PHONE, { scale: 4, x: 1, y: 1 });
  assert.equal(corner.x + corner.width, PHONE.width);
  assert.equal(corner.y + corner.height, PHONE.height);
  const low = zoomed(whole, PHONE, { scale: 2, x: 0, y: 0 });
  assert.deepEqual([low.x, low.y], [0, (PHONE.height - low.height) / 2]); // lower than the window: centred
  assert.equal(viewOf({ x: 0, y: 0, ...PICTURE }, PICTURE, PHONE).scale, 1);
});

test("two fingers enlarge around themselves, one moves, and nothing gets smaller than the whole", () => {
  const whole = shown(PICTURE, PHONE);
  const at = { x: 100, y: 350 };
  const still = { x: 0, y: 0 };
  const view = moved(whole, PHONE, WHOLE, { factor: 3, at, by: still });
  const part = (/** @type {import("../view/overlay.js").Rectangle} */ area) => (at.x - area.x) / area.width;
  assert.ok(Math.abs(part(zoomed(whole, PHONE, view)) - part(whole)) < 1e-9);
  const before = zoomed(whole, PHONE, view).x;
  const pushed = moved(whole, PHONE, view, { factor: 1, at, by: { x: 40, y: 0 } });
  assert.ok(Math.abs(zoomed(whole, PHONE, pushed).x - before - 40) < 1e-9);
  const far = moved(whole, PHONE, view, { factor: 1, at, by: { x: 9_000, y: 0 } });
  const back = moved(whole, PHONE, far, { factor: 1, at, by: { x: -10, y: 0 } });
  assert.ok(Math.abs(zoomed(whole, PHONE, back).x + 10) < 1e-9); // what was pushed too far is not to be pushed back
  assert.deepEqual(moved(whole, PHONE, view, { factor: 0.01, at, by: still }), WHOLE);
  assert.equal(moved(whole, PHONE, view, { factor: 99, at, by: still }).scale, 8);
});

test("a camera fills its tile as the server cuts it", () => {
  const tile = { width: 320, height: 180 };
  const all = { x: 0, y: 0, ...tile };
  assert.deepEqual(filled({ width: 1280, height: 720 }, tile, "cover"), all);
  assert.deepEqual(filled({ width: 640, height: 480 }, tile, "cover"), all);
  assert.deepEqual(filled({ width: 640, height: 480 }, tile, "contain"), { x: 40, y: 0, width: 240, height: 180 });
  const upright = filled({ width: 720, height: 1280 }, tile, "cover");
  assert.deepEqual(upright, { x: 92.5, y: 0, width: 135, height: 180 }); // three quarters of its height
  assert.deepEqual(filled({ width: 1278, height: 720 }, tile, "contain"), all); // bars too thin to be made
});

test("tiles above cut holes into the own picture", () => {
  const own = { x: 0, y: 0, ...PICTURE };
  assert.equal(freePart(TILE, []), "none");
  assert.equal(freePart(TILE, [{ x: 0, y: 0, width: 640, height: 360 }]), "none");
  assert.equal(
    freePart(own, [TILE]),
    "polygon(evenodd, 0.000% 0.000%, 100.000% 0.000%, 100.000% 100.000%, 0.000% 100.000%, 0.000% 0.000%, " +
      "0.000% 0.000%, 50.000% 50.000%, 75.000% 50.000%, 75.000% 75.000%, 50.000% 75.000%, 50.000% 50.000%, " +
      "0.000% 0.000%)",
  );
  assert.equal(freePart(own, [TILE, { ...TILE, x: 700 }]), null);
});

test("a plate is drawn, copied or small, by what can be read and what would be hidden", () => {
  const tile = { ...TILE, content: false };
  assert.equal(plateOf(tile, 1, false).kind, "drawn");
  assert.deepEqual(plateOf(tile, 1, true), { kind: "copy", size: textSize(180) });
  assert.equal(plateOf(tile, 0.5, true).kind, "name");
  assert.equal(plateOf(tile, 0.3, false).kind, "mark");
  assert.equal(plateOf({ ...tile, content: true }, 1, false).kind, "none");
  assert.equal(plateOf({ ...tile, width: 60, height: 34 }, 3, false).kind, "name"); // the server draws none there
});

test("the plate is as high as the server's", () => {
  assert.deepEqual(plateBox(24), { height: 40, margin: 10 });
  assert.deepEqual(plateBox(14), { height: 24, margin: 6 });
  assert.deepEqual(plateBox(10), { height: 18, margin: 4 });
});

test("a plate reaches as far as its words, and at most to the other edge", () => {
  const wide = (/** @type {string} */ text) => text.length;
  const who = { name: "최은경", office: "성동구청장", muted: false };
  const tile = { width: 426, height: 240 };
  assert.equal(plateReach(tile, who, wide).mark, 0);
  assert.equal(plateReach(tile, { ...who, muted: true }, wide).mark, 8 + 9 + 18 + 4); // margin, padding, mark, gap
  const { plate } = plateReach(tile, who, wide);
  assert.ok(plate > 8 + 2 * 9 + 3 * 17 + 5 * 16 && plate < tile.width / 2);
  assert.ok(plateReach(tile, { ...who, office: "" }, wide).plate < plate);
  assert.equal(plateReach(tile, { ...who, name: "", office: "가".repeat(99) }, wide).plate, 426 - 8);
  assert.ok(plateReach({ width: 120, height: 70 }, who, wide).plate < 60); // no office in so low a tile
  assert.deepEqual(plateReach({ width: 60, height: 34 }, who, wide), { plate: 0, mark: 0 });
});

test("borders and corners are the server's", () => {
  assert.deepEqual(outlineOf(TILE, PICTURE, false), { radius: 9, border: 4 });
  assert.deepEqual(outlineOf({ ...TILE, y: 540 }, PICTURE, false), { radius: 0, border: 4 });
  assert.deepEqual(outlineOf(TILE, PICTURE, true), { radius: 0, border: 4 });
  assert.deepEqual(outlineOf({ x: 0, y: 0, ...PICTURE }, PICTURE, false), { radius: 0, border: 0 });
});

test("the meter: nothing for silence, full for the loudest, half at -30 dB", () => {
  assert.equal(levelOf(new Float32Array(64)), 0);
  assert.ok(Math.abs(levelOf(new Float32Array(64).fill(1)) - 1) < 1e-6);
  assert.ok(Math.abs(levelOf(new Float32Array(64).fill(10 ** -1.5)) - 0.5) < 1e-6);
});

test("a tile stands large under the composite where there is room, and nowhere else", () => {
  const whole = shown(PICTURE, PHONE);
  const places = closeUp(PHONE, whole, TILE, PICTURE);
  assert.ok(places);
  const { window, picture, rise } = places;
  const composite = { top: whole.y - rise, bottom: whole.y - rise + whole.height };
  assert.ok(composite.top >= 0 && window.y > composite.bottom && window.y + window.height <= PHONE.height);
  assert.ok(Math.abs(composite.top - (PHONE.height - window.y - window.height)) < 1e-6); // together in the middle
  assert.ok(Math.abs(picture.x + (TILE.x * window.width) / TILE.width) < 1e-6);
  assert.ok(Math.abs(picture.width / picture.height - 16 / 9) < 1e-6);
  const wide = { width: 1280, height: 760 };
  assert.equal(closeUp(wide, shown(PICTURE, wide), TILE, PICTURE), null);
  const tablet = { width: 820, height: 1100 };
  const large = closeUp(tablet, shown(PICTURE, tablet), TILE, PICTURE);
  assert.ok(large && large.window.width <= 1.75 * TILE.width);
  assert.equal(closeUp(PHONE, whole, { x: 0, y: 0, width: 1280, height: 720 }, PICTURE), null);
});
