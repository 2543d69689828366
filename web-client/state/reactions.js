/** Reactions as they pass. Pure. */

import { find } from "./meeting.js";
import { titled } from "./news.js";

/** @typedef {import("../protocol").Reacted["reaction"]} ReactionName */
/** @typedef {{ id: number, participant: string, reaction: ReactionName }} Shown */

export const REACTIONS = /** @type {const} */ (["applause", "good", "thanks", "smile", "surprise", "celebrate"]);
const MOST_SHOWN = 40; // at once; applause of a hundred looks no different

/**
 * @param {readonly Shown[]} shown
 * @param {Shown} one
 * @returns {readonly Shown[]}
 */
export function show(shown, one) {
  return [...shown, one].slice(-MOST_SHOWN);
}

/**
 * What a screen reader is told of several at once: who, when it was one person, else how many.
 *
 * @param {readonly Omit<Shown, "id">[]} passed
 * @param {import("./meeting.js").Meeting | null} meeting
 * @returns {{ reaction: ReactionName, name: string, count: number }[]} one for each kind, in the order of the table
 */
export function summary(passed, meeting) {
  return REACTIONS.flatMap((reaction) => {
    const people = [...new Set(passed.filter((one) => one.reaction === reaction).map((one) => one.participant))];
    const who = people.length === 1 ? find(meeting, people[0] ?? "") : undefined;
    return people.length > 0 ? [{ reaction, name: who ? titled(who) : "", count: people.length }] : [];
  });
}
