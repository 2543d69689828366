/** How to join, as equal choices; and what to do about devices that cannot be had, said calmly. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { ENTER_WORDS, outcomeOf, troublesOf, wayOf } from "../state/joining.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/joining.js").Way} Way */

/** @type {readonly { way: Way, id: string, icon: import("./icons.js").IconName }[]} */
const WAYS = [
  { way: "both", id: "way-both", icon: "camera" },
  { way: "sound", id: "way-sound", icon: "microphone" },
  { way: "watch", id: "watch-only", icon: "watch" },
];

/** @param {Context} context */
export function wayChoice(context) {
  const boxes = WAYS.map(({ way, id }) => {
    const box = element("input", {
      type: "radio",
      name: "way",
      id,
      value: way,
      "aria-describedby": "way-hint",
      onchange: () => context.actions.joinAs(way),
    });
    return box;
  });
  const cards = WAYS.map(({ way, id, icon: name }, index) =>
    element(
      "div",
      { class: "way" },
      boxes[index],
      element("label", { for: id }, icon(name), element("span", {}, context.text(`way.${way}`))),
    ),
  );
  const hint = element("p", { class: "hint", id: "way-hint", role: "status" });
  context.watch(wayOf, (way) => {
    boxes.forEach((box) => (box.checked = box.value === way));
  });
  context.watch(
    (state) => [outcomeOf(state), state.language],
    () => (hint.textContent = context.say(`way.hint.${outcomeOf(context.state)}`)),
  );
  return element(
    "fieldset",
    { class: "ways" },
    element("legend", {}, context.text("way.title")),
    element("div", { class: "ways-row" }, ...cards),
    hint,
  );
}

/** @param {Context} context */
export function enterButton(context) {
  const button = element("button", { type: "submit", class: "primary large" });
  context.watch(
    (state) => [outcomeOf(state), state.language],
    () => (button.textContent = context.say(ENTER_WORDS[outcomeOf(context.state)])),
  );
  return button;
}

/** What is wrong with the devices, how to mend it in this browser, and that it need not be. @param {Context} context */
export function deviceHelp(context) {
  const list = element("div", { class: "helps", role: "status" });
  const again = () => {
    context.actions.retryDevices();
    // The button goes away; the switches of the same devices stay.
    document.querySelector(".preview-switches")?.querySelector("button")?.focus();
  };
  context.watch(
    (state) => [JSON.stringify(troublesOf(state)), state.browser, state.language],
    () => {
      const { browser } = context.state;
      list.replaceChildren(
        ...troublesOf(context.state).map(({ trouble, sources }) => {
          const what = context.say(sources.length > 1 ? "help.both" : `help.${sources[0] ?? "camera"}`);
          return element(
            "div",
            { class: "help", "data-trouble": trouble },
            icon("alert"),
            element(
              "div",
              {},
              element("p", { class: "help-title" }, context.say(`help.title.${trouble}`, { what })),
              element("p", {}, context.say(trouble === "denied" ? `help.denied.${browser}` : `help.how.${trouble}`)),
              element("p", { class: "hint" }, context.say("help.without")),
            ),
            element("button", { type: "button", onclick: again }, context.say("help.again")),
          );
        }),
      );
      list.hidden = list.childElementCount === 0;
    },
  );
  return list;
}
