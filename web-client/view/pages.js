/** The small pages around the meeting: the frame, on the way in, and afterwards. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { duration } from "../i18n/index.js";

/** @typedef {import("./context.js").Context} Context */

/** The bar above the pages outside the meeting. @param {Context} context */
export function pageHeader(context) {
  return element(
    "header",
    { class: "page-header" },
    element(
      "div",
      { class: "brand" },
      element("span", { class: "brand-mark", "aria-hidden": "true" }),
      context.text("app.name"),
    ),
    languageButton(context),
  );
}

/** @param {Context} context */
export function languageButton(context) {
  const button = element(
    "button",
    {
      type: "button",
      class: "quiet",
      onclick: () => context.actions.speak(context.state.language === "ko" ? "en" : "ko"),
    },
    icon("language"),
    element("span", {}, context.text("app.language")),
  );
  context.watch(
    (state) => state.language,
    (language) => (button.lang = language === "ko" ? "en" : "ko"),
  );
  return button;
}

const LONG_MS = 2_500; // on the way in: more than lines and machines take, so the server lets us wait

/** @param {Context} context */
export function enteringPage(context) {
  const heading = element("h1", {}, context.text("join.title"));
  const words = element("p", { role: "status", class: "lead" });
  let long = false;
  const say = () => {
    const { attempt } = context.state;
    if (attempt > 0) words.textContent = context.say("join.enteringAgain", { attempt });
    else words.textContent = context.say(long ? "join.enteringLong" : "join.entering");
  };
  context.watch((state) => [state.attempt, state.language], say);
  setTimeout(() => {
    long = true;
    if (words.isConnected) say();
  }, LONG_MS);
  return element(
    "main",
    { class: "centre" },
    element("div", { class: "spinner", "aria-hidden": "true" }),
    heading,
    words,
    element("button", { type: "button", onclick: () => context.actions.cancel() }, context.text("app.cancel")),
  );
}

/** @type {Record<import("../protocol").Ended["reason"], import("./icons.js").IconName>} */
const MARKS = { left: "leave", removed: "leave", "conference-ended": "check", superseded: "float", lost: "alert" };

/** @param {Context} context */
export function overPage(context) {
  const heading = element("h1", {});
  const words = element("p", { class: "lead" });
  const lasted = element("p", { class: "lead" });
  const mark = element("span", { class: "over-mark", "aria-hidden": "true" });
  context.watch(
    (state) => [state.ending, state.language],
    () => {
      const { ending } = context.state;
      heading.textContent = context.say(`over.${ending?.reason ?? "left"}`);
      words.textContent = ending?.message ? context.sentence(ending.message) : "";
      words.hidden = words.textContent === "" || words.textContent === heading.textContent;
      const time = ending?.lasted ?? null;
      lasted.hidden = time === null;
      lasted.textContent =
        time === null ? "" : context.say("over.lasted", { time: duration(context.state.language, time) });
      mark.replaceChildren(icon(MARKS[ending?.reason ?? "left"]));
    },
  );
  const rejoin = element(
    "button",
    { type: "button", class: "primary", onclick: () => context.actions.rejoin() },
    context.text("over.rejoin"),
  );
  const home = element("button", { type: "button", onclick: () => context.actions.home() }, context.text("over.home"));
  context.watch(
    (state) => state.ending?.reason,
    (reason) => (rejoin.hidden = reason === "conference-ended"),
  );
  return element(
    "main",
    { class: "centre" },
    mark,
    heading,
    words,
    lasted,
    element("div", { class: "buttons" }, rejoin, home),
  );
}
