/** The list of rooms that a chair can have called: what is typed, and what is worth saying of a change. Pure. */

/** @typedef {import("../protocol").Room} Room */
/** @typedef {import("../protocol").NewRoom} NewRoom */
/** @typedef {import("../protocol").Sentence} Sentence */

export const MOST_ROOMS = 60; // by conference, as the server has it
const MOST_KEYS = 32; // at once, as the server takes them
const GONE = new Set(["idle", "ended"]);

/**
 * Lines as they are typed or pasted from a table: address, name, office; the last may be missing.
 *
 * @param {string} text
 * @returns {NewRoom[]}
 */
export function roomsOf(text) {
  return text
    .split("\n")
    .map((line) => line.split(/[,\t]/).map((part) => part.trim()))
    .filter(([address]) => address)
    .map(([address = "", name = "", ...office]) => ({ address, name, office: office.filter(Boolean).join(" ") }));
}

/** What a room is called: as listed, else as it calls itself. @param {Room} room */
export function roomName(room) {
  return room.name || room.said || room.address;
}

/** Whether a call is under way, or will be by itself. @param {Room} room */
export function isCalled(room) {
  return !GONE.has(room.state);
}

/** What is to be pressed, of what was typed with gaps and dashes; "" where that are no keys. @param {string} typed */
export function keysOf(typed) {
  const keys = typed.replace(/[\s-]/g, "").toUpperCase();
  return /^[0-9*#A-D]+$/.test(keys) && keys.length <= MOST_KEYS ? keys : "";
}

/** @param {readonly Room[]} rooms */
export function connected(rooms) {
  return rooms.filter((room) => room.state === "connected").length;
}

/**
 * The first room whose call came to nothing, in words. Who was hung up is not news to whoever did it, and who comes in
 * is told with the roster.
 *
 * @param {readonly Room[] | null} before
 * @param {readonly Room[]} now
 * @returns {Sentence | null}
 */
export function failure(before, now) {
  const failed = now.find(({ room, state, reason, message }) => {
    const was = before?.find((one) => one.room === room);
    return was && message && isCalled(was) && state === "ended" && reason !== "hung-up";
  });
  if (!failed?.message) return null;
  const name = roomName(failed);
  return { ko: `${name}: ${failed.message.ko}`, en: `${name}: ${failed.message.en}` };
}
