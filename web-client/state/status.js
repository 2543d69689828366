/** What the page is doing, in one sentence. Pure. */

import { othersPoor } from "./meeting.js";
import { titled } from "./news.js";

/** @typedef {import("../i18n/ko.js").Key} Key */

/**
 * "ok": nothing to do; "busy": the page is mending something; "warn": something is wrong; "note": something to know.
 *
 * @typedef {{ tone: "ok" | "busy" | "warn" | "note", key: Key, values?: Record<string, string | number> }} Status
 */

/**
 * @param {Pick<import("./app-state.js").AppState, "signaling" | "attempt" | "media" | "content" | "meeting">} state
 * @param {import("./quality.js").Quality} [quality]
 * @returns {Status} the gravest first
 */
export function statusOf({ signaling, attempt, media, content, meeting }, quality) {
  if (signaling !== "open") {
    return attempt > 1
      ? { tone: "busy", key: "status.signalingAgain", values: { attempt } }
      : { tone: "busy", key: "status.signaling" };
  }
  if (media === "blocked") return { tone: "busy", key: "status.blocked" };
  if (media === "interrupted") return { tone: "busy", key: "status.interrupted" };
  if (media === "connecting" || media === "off") return { tone: "busy", key: "status.media" };
  const [other, ...more] = quality?.whose === "other" ? othersPoor(meeting) : [];
  if (other) {
    const values = { name: titled(other), count: more.length + 1 };
    return { tone: "note", key: more.length ? "line.short.others" : "line.short.other", values };
  }
  if (quality && quality.grade !== "good" && quality.whose && quality.whose !== "other") {
    return { tone: "warn", key: `line.short.${quality.whose}` };
  }
  if (content === "on") return { tone: "note", key: "status.sharing" };
  return { tone: "ok", key: "status.connected" };
}
