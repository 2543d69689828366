/** Who waits to speak, the first raised hand first. */

import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { find, self } from "../state/meeting.js";
import { titled } from "../state/news.js";

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context */
export function handList(context) {
  const title = element("h3", { id: "hands-title" });
  const list = element("ol", {});
  const node = element(
    "section",
    { class: "hands", "aria-labelledby": "hands-title" },
    element("header", {}, icon("hand"), title),
    list,
  );
  context.watch(
    (state) => [state.meeting?.hands, state.meeting?.participants, state.language],
    () => {
      const { meeting } = context.state;
      const hands = meeting?.hands ?? [];
      node.hidden = hands.length === 0;
      title.textContent = context.say("people.hands", { count: hands.length });
      reconcile(
        list,
        hands,
        (participant) => `${participant} ${self(meeting)?.role}`,
        (participant) => hand(context, participant),
        (item, participant) => {
          const who = find(meeting, participant);
          const [name, button] = item.children;
          if (!who || !name) return;
          name.textContent = [who.name, who.office].filter(Boolean).join(" "); // the end may be cut off
          button?.setAttribute("aria-label", context.say("people.lowerHandOf", { name: titled(who) }));
        },
      );
    },
  );
  return node;
}

/** @param {Context} context @param {string} participant */
function hand(context, participant) {
  const { meeting } = context.state;
  const own = participant === meeting?.you;
  const lower = () => (own ? context.actions.raiseHand(false) : context.actions.moderate(participant, "lower_hand"));
  const may = own || self(meeting)?.role === "chair";
  return element(
    "li",
    {},
    element("bdi", {}),
    may && element("button", { type: "button", onclick: lower }, context.text("people.lowerHand")),
  );
}
