/** Choosing a reaction, and everybody's rising over their tiles. */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { percentages } from "./overlay.js";
import { popUp } from "./popover.js";
import { find } from "../state/meeting.js";
import { REACTIONS } from "../state/reactions.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/reactions.js").Shown} Shown */

const SPREAD = 5; // places side by side at the bottom, for those without a tile

/** @param {Context} context */
export function chooseReaction(context) {
  const menu = element(
    "div",
    { class: "reaction-choice" },
    ...REACTIONS.map((reaction) =>
      element(
        "button",
        { type: "button", "data-reaction": reaction, onclick: () => context.actions.react(reaction) },
        disc(reaction),
        element("span", {}, context.say(`reactions.${reaction}`)),
      ),
    ),
  );
  context.label(menu, "aria-label", "reactions.title");
  popUp(context, "react", menu);
}

/** Over the frame of the picture. @param {Context} context */
export function reactionLayer(context) {
  const layer = element("div", { class: "reactions", "aria-hidden": "true" }); // read out by the announcer
  context.watch(
    (state) => state.reactions,
    (reactions) =>
      reconcile(
        layer,
        reactions,
        (one) => String(one.id),
        (one) => rising(context, one),
        () => undefined,
      ),
  );
  return layer;
}

/** @param {Context} context @param {Shown} one */
function rising(context, one) {
  const { meeting } = context.state;
  const tiles = meeting?.tiles;
  const tile = tiles?.tiles.find(({ participant, content }) => participant === one.participant && !content);
  const name = tile ? "" : (find(meeting, one.participant)?.name ?? "");
  const node = element(
    "div",
    { class: "reaction" },
    disc(one.reaction),
    name && element("span", { class: "reaction-name" }, element("bdi", {}, name)),
  );
  if (tile && tiles) {
    const { left, top, width, height } = percentages(tile, tiles);
    Object.assign(node.style, { left, top, width, height });
  } else {
    const place = (one.id % SPREAD) / SPREAD;
    Object.assign(node.style, { left: `${30 + place * 40 - 10}%`, top: "40%", width: "20%", height: "58%" });
  }
  return node;
}

/** @param {import("../state/reactions.js").ReactionName} reaction */
function disc(reaction) {
  return element("span", { class: "disc", "data-reaction": reaction }, icon(reaction));
}
