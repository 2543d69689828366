/** The row of controls of a meeting: the table of tools as a bar, and on small screens partly as a menu. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { ask, attachMenu, walk } from "./popover.js";
import { OWN_TOOLS, PANEL_TOOLS } from "./tools.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./tools.js").Tool} Tool */

/** @param {Context} context */
export function toolbar(context) {
  const bar = element(
    "div",
    { class: "toolbar", role: "toolbar" },
    element("div", { class: "tools own" }, ...OWN_TOOLS.map((tool) => toolButton(context, tool)), moreButton(context)),
    element(
      "div",
      { class: "tools panels" },
      ...PANEL_TOOLS.map((tool) => toolButton(context, tool)),
      leaveButton(context),
    ),
  );
  bar.addEventListener("keydown", (event) => walk(bar, event, "ArrowRight", "ArrowLeft"));
  return context.label(bar, "aria-label", "meeting.controls");
}

/** @param {Context} context @param {Tool} tool */
function toolButton(context, tool) {
  const badge = element("span", { class: "badge" });
  const drawing = element("span", { class: "tool-icon" });
  const button = element(
    "button",
    { type: "button", class: `tool ${tool.place}`, "data-tool": tool.id, onclick: () => tool.press(context) },
    drawing,
    element("span", { class: "caption", "aria-hidden": "true" }, context.text(tool.caption)),
  );
  drawing.after(badge);
  context.watch(
    (state) => [
      tool.icon(state),
      tool.look(state),
      tool.shown(state),
      tool.label(state),
      tool.count?.(state),
      state.language,
    ],
    () => {
      const { state } = context;
      const count = tool.count?.(state) ?? 0;
      const words = count > 0 ? context.say("meeting.chatUnread", { count }) : context.say(tool.label(state));
      button.dataset.look = tool.look(state);
      button.hidden = !tool.shown(state);
      button.setAttribute("aria-label", words);
      button.title = words;
      if (PANEL_TOOLS.includes(tool)) button.setAttribute("aria-expanded", String(tool.look(state) === "on"));
      drawing.replaceChildren(icon(tool.icon(state)));
      badge.hidden = count === 0;
      badge.textContent = count > 99 ? "99+" : String(count);
    },
  );
  return button;
}

/** What does not fit on a small screen. @param {Context} context */
function moreButton(context) {
  const button = element(
    "button",
    { type: "button", class: "tool more" },
    element("span", { class: "tool-icon" }, icon("more")),
    element("span", { class: "caption", "aria-hidden": "true" }, context.text("meeting.more")),
  );
  context.label(button, "aria-label", "meeting.more");
  const menu = element("div", {});
  attachMenu(button, menu);
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    const tools = OWN_TOOLS.filter((tool) => tool.place === "wide" && tool.shown(context.state));
    menu.replaceChildren(
      ...tools.map((tool) =>
        element(
          "button",
          { type: "button", onclick: () => tool.press(context) },
          icon(tool.icon(context.state)),
          context.say(tool.label(context.state)),
        ),
      ),
    );
  });
  return element("div", { class: "more-holder" }, button, menu);
}

/** @param {Context} context */
function leaveButton(context) {
  const button = element(
    "button",
    { type: "button", class: "tool leave", onclick: () => leave(context) },
    element("span", { class: "tool-icon" }, icon("leave")),
    element("span", { class: "caption" }, context.text("meeting.leave")),
  );
  return context.label(button, "aria-label", "meeting.leave");
}

/** A chair is asked whether everybody or only the chair leaves. @param {Context} context */
function leave(context) {
  if (self(context.state.meeting)?.role !== "chair") return context.actions.leave();
  ask(context, {
    title: context.say("leave.title"),
    words: context.say("leave.endHint"),
    answers: [
      { key: "leave.leave", class: "primary", onclick: () => context.actions.leave() },
      { key: "leave.end", class: "danger", onclick: () => context.actions.end() },
    ],
  });
  return undefined;
}
