/** How the line to the server is, before anybody enters: one sentence, and the figures for who wants them. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { AMPLE, hasFigures, verdictOf } from "../state/check.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../state/check.js").Figures} Figures */
/** @typedef {import("../state/check.js").Grade} Grade */

const BARS = 4;

/** @type {Record<Grade, number>} */
const LIT = { good: 4, fair: 2, poor: 1, unknown: 0 };

/** @param {Context} context */
export function lineCheck(context) {
  const bars = Array.from({ length: BARS }, () => element("i"));
  const mark = element("span", { class: "bars", "aria-hidden": "true" }, ...bars);
  const words = element("p", { role: "status", class: "check-words" });
  const again = element(
    "button",
    { type: "button", class: "quiet icon-only", onclick: () => context.actions.checkLine() },
    icon("again"),
  );
  context.label(again, "aria-label", "check.again");
  context.label(again, "title", "check.again");
  const rows = element("dl", { id: "check-figures", hidden: true });
  const more = element(
    "button",
    {
      type: "button",
      class: "quiet check-more",
      "aria-expanded": "false",
      "aria-controls": "check-figures",
      onclick: () => {
        rows.hidden = !rows.hidden;
        more.setAttribute("aria-expanded", String(!rows.hidden));
      },
    },
    context.text("check.details"),
  );
  const card = element(
    "section",
    { class: "line-check figures" },
    element(
      "div",
      { class: "check-row" },
      element("div", { class: "check-verdict" }, mark, words),
      element("div", { class: "check-buttons" }, more, again),
    ),
    rows,
  );
  context.label(card, "aria-label", "check.title");
  context.watch(
    (state) => [state.check, state.language],
    () => {
      const { check } = context.state;
      card.hidden = check.phase === "idle";
      card.dataset.phase = check.phase;
      again.disabled = check.phase === "running";
      const figures = check.phase === "done" ? check.figures : null;
      const verdict = figures && verdictOf(figures);
      mark.dataset.grade = verdict?.grade ?? "unknown";
      bars.forEach((bar, index) => bar.classList.toggle("lit", verdict !== null && index < LIT[verdict.grade]));
      words.textContent = verdict ? context.say(verdict.key, verdict.values) : context.say("check.running");
      more.hidden = !figures || !hasFigures(figures);
      rows.replaceChildren(...(figures ? figureRows(context, figures) : []));
    },
  );
  return card;
}

/** @param {Context} context @param {Figures} figures */
function figureRows(context, figures) {
  const { transport, roundTrip, lossUp, lossDown, rateUp, rateDown } = figures;
  const number = (/** @type {number} */ value, /** @type {Intl.NumberFormatOptions} */ options) =>
    new Intl.NumberFormat(context.state.language, options).format(value);
  const share = (/** @type {number | null} */ loss) =>
    loss === null ? null : number(loss, { style: "percent", maximumFractionDigits: 1 });
  const rate = (/** @type {number | null} */ bits) => {
    if (bits === null) return null;
    const most = Math.min(bits, AMPLE) / 1_000_000;
    const text = number(most, { maximumSignificantDigits: 2 });
    return context.say(bits >= AMPLE ? "check.rateOver" : "check.rate", { rate: text });
  };
  /** @type {readonly [import("./context.js").Key, string | null][]} */
  const listed = [
    ["check.transport", transport && transport.toUpperCase()],
    ["check.roundTrip", roundTrip === null ? null : context.say("check.milliseconds", { trip: Math.round(roundTrip) })],
    ["check.lossUp", share(lossUp)],
    ["check.lossDown", share(lossDown)],
    ["check.rateUp", rate(rateUp)],
    ["check.rateDown", rate(rateDown)],
  ];
  return listed.map(([key, value]) =>
    element(
      "div",
      { "data-figure": key.slice("check.".length) },
      element("dt", {}, context.say(key)),
      element("dd", {}, value ?? context.say("check.unknown")),
    ),
  );
}
