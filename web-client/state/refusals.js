/** What the page does by itself about a refusal, by the server's code. */

/**
 * Refusals of `resume` that time does not heal, and what they mean to somebody in the middle of a meeting: enter anew,
 * or it is over. Whoever was removed is not to be back by a reconnection.
 *
 * @type {Readonly<Record<string, "enter" | import("../protocol").Ended["reason"]>>}
 */
export const FINAL = {
  "resume-unknown": "enter",
  "resume-over": "left",
  "conference-ended": "conference-ended",
  "no-such-conference": "conference-ended",
};

/**
 * The field of the form that a refusal of `enter` is about; others are about the meeting as a whole.
 *
 * @type {Readonly<Record<string, "chairKey">>}
 */
export const FIELD = { "chair-key-wrong": "chairKey" };

/** Refused offers that the call makes again by itself, while the status line says so. */
export const MENDED = new Set([
  "media-unavailable",
  "media-lost",
  "no-such-leg",
  "no-such-bridge",
  "leg-replaced",
  "busy",
]);

/** Messages whose refusal needs no words: a reaction that came too fast is not missed, the next caption follows. */
export const SILENT = new Set(["react", "caption"]);
