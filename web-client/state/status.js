/** What the page is doing, in one sentence. Pure. */

import { othersPoor } from "./meeting.js";
import { titled } from "./news.js";

/** @typedef {import("../i18n/ko.js").Key} Key */

/**
 * "ok": nothing to do; "busy": the page is mending something; "warn": something is wrong; "note": something to know.
 *
 * @typedef {{ tone: "ok" | "busy" | "warn" | "note", key: Key, values?: Record<string, string | number> }} Status
 */

const TELL_AFTER_MS = 3_000; // most breaks are over by then
const OFFER_AFTER_MS = 5_000;

/**
 * How long it has been mended, when the next attempt is, and whether the person is offered to try now.
 *
 * @param {Pick<import("./app-state.js").AppState, "signaling" | "brokenSince" | "retryAt">} state
 * @param {number} now milliseconds, monotonic
 * @returns {{ key: Key, values: Record<string, number>, offer: boolean } | null} null while there is nothing to tell
 */
export function progressOf({ signaling, brokenSince, retryAt }, now) {
  const spent = brokenSince === null ? 0 : now - brokenSince;
  if (spent < TELL_AFTER_MS) return null;
  const seconds = Math.floor(spent / 1_000);
  const wait = signaling === "waiting" && retryAt !== null ? Math.ceil((retryAt - now) / 1_000) : 0;
  return {
    key: wait > 0 ? "status.sinceNext" : "status.since",
    values: wait > 0 ? { seconds, wait } : { seconds },
    offer: spent >= OFFER_AFTER_MS,
  };
}

/**
 * @param {Pick<import("./app-state.js").AppState, "signaling" | "attempt" | "media" | "content" | "meeting"> &
 *   Partial<Pick<import("./app-state.js").AppState, "sparing" | "wantsCamera" | "contentSound">>} state
 * @param {import("./quality.js").Quality} [quality]
 * @returns {Status} the gravest first
 */
export function statusOf(state, quality) {
  const { signaling, attempt, media, content, contentSound = false, meeting, sparing, wantsCamera } = state;
  if (signaling !== "open") {
    return attempt > 1
      ? { tone: "busy", key: "status.signalingAgain", values: { attempt } }
      : { tone: "busy", key: "status.signaling" };
  }
  if (media === "blocked") return { tone: "busy", key: "status.blocked" };
  if (media === "interrupted") return { tone: "busy", key: "status.interrupted" };
  if (media === "connecting" || media === "off") return { tone: "busy", key: "status.media" };
  if (sparing === "none" && wantsCamera) return { tone: "warn", key: "status.cameraPaused" };
  const [other, ...more] = quality?.whose === "other" ? othersPoor(meeting) : [];
  if (other) {
    const values = { name: titled(other), count: more.length + 1 };
    return { tone: "note", key: more.length ? "line.short.others" : "line.short.other", values };
  }
  if (quality && quality.grade !== "good" && quality.whose && quality.whose !== "other") {
    return { tone: "warn", key: `line.short.${quality.whose}` };
  }
  if (content === "on") return { tone: "note", key: contentSound ? "status.sharingSound" : "status.sharing" };
  return { tone: "ok", key: "status.connected" };
}
