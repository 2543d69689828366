/** The panel behind the bars: whose trouble it is in a sentence, the last minutes drawn, and every figure. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { bars } from "./quality.js";
import { detailsOf } from "./figures.js";
import { sparkline } from "./sparkline.js";
import { othersPoor } from "../state/meeting.js";
import { titled } from "../state/news.js";
import { ownQuality } from "../state/quality.js";

/** @typedef {import("./context.js").Context} Context */

const LOSS_SHOWN = 0.01; // of the packets: from here on a moment is marked in the drawing

/** @param {Context} context */
export function connectionPanel(context) {
  return element("div", { class: "panel-body connection" }, verdict(context), history(context), figures(context));
}

/** @param {Context} context */
function verdict(context) {
  const sentence = element("p", { class: "verdict-words" });
  const advice = element("p", { class: "hint" });
  context.watch(
    (state) => [ownQuality(state).grade, ownQuality(state).whose, state.meeting?.poor, state.language],
    () => {
      const { grade, whose } = ownQuality(context.state);
      const cause = whose || grade;
      const told = cause === "fair" || cause === "poor" ? "line" : cause;
      const names = othersPoor(context.state.meeting).map(titled).join(", ");
      sentence.textContent = context.say(`line.is.${told}`, { names });
      advice.textContent = context.say(`line.do.${told}`);
    },
  );
  return element("div", { class: "verdict" }, bars(context), element("div", {}, sentence, advice));
}

/** @param {Context} context */
function history(context) {
  const place = element("div", { class: "history" });
  context.watch(
    (state) => [state.readings, state.language],
    () => {
      const { readings } = context.state;
      const down = sparkline(
        readings.map((reading) => reading.down),
        readings.map((reading) => reading.lossDown > LOSS_SHOWN || reading.lossUp > LOSS_SHOWN),
      );
      const lossy = readings.filter((reading) => reading.lossDown > LOSS_SHOWN || reading.lossUp > LOSS_SHOWN).length;
      down.setAttribute("aria-label", context.say("line.drawing", { moments: lossy }));
      place.replaceChildren(down, element("p", { class: "hint" }, context.say("line.drawingHint")));
    },
  );
  return place;
}

/** @param {Context} context */
function figures(context) {
  const list = element("div", { class: "figures" });
  const none = element("p", { class: "hint" }, context.text("line.noFigures"));
  context.watch(
    (state) => [state.readings, state.language],
    () => {
      const groups = detailsOf(context.state.readings, context.state.language, (key) => context.say(key));
      none.hidden = groups.length > 0;
      list.replaceChildren(
        ...groups.flatMap(({ title, rows }) => [
          element("h3", {}, context.say(title)),
          element(
            "dl",
            {},
            ...rows.map(({ key, value }) =>
              element("div", {}, element("dt", {}, context.say(key)), element("dd", {}, value || "–")),
            ),
          ),
        ]),
      );
    },
  );
  return element("div", {}, none, list, copyButton(context));
}

/** For those who support: everything as text, without anybody's address or key. @param {Context} context */
function copyButton(context) {
  const words = element("span", { role: "status" });
  const button = element("button", { type: "button" }, icon("copy"), context.text("line.copy"));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(report(context));
      words.textContent = context.say("line.copied");
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error; // not allowed, or not there
      words.textContent = context.say("line.notCopied");
    }
  });
  context.watch(
    (state) => state.readings.length === 0,
    (empty) => (button.disabled = empty),
  );
  return element("div", { class: "copy-row" }, button, words);
}

/** @param {Context} context */
function report(context) {
  const { readings, language } = context.state;
  const { grade, whose } = ownQuality(context.state);
  const lines = detailsOf(readings, language, (key) => context.say(key)).flatMap(({ title, rows }) => [
    "",
    context.say(title),
    ...rows.map(({ key, value }) => `${context.say(key)}: ${value || "–"}`),
  ]);
  const now = new Date().toISOString();
  return [context.say("line.title"), `${now} ${grade} ${whose}`.trim(), navigator.userAgent, ...lines].join("\n");
}
