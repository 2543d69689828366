/** The row of controls of a meeting: the table of tools as a bar, and what does not stand in it as a menu. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { ask, attachMenu, walk } from "./popover.js";
import { OWN_TOOLS, PANEL_TOOLS } from "./tools.js";
import { self } from "../state/meeting.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./tools.js").Tool} Tool */

const LEAST_ABOUT = 20; // times the size of the type: room for a title and the status beside the bar

/** @param {Context} context */
export function toolbar(context) {
  const own = OWN_TOOLS.filter((tool) => tool.place !== "menu").map((tool) => ({
    tool,
    button: toolButton(context, tool),
  }));
  const bar = element(
    "div",
    { class: "toolbar", role: "toolbar" },
    element(
      "div",
      { class: "tools own" },
      ...own.map(({ button }) => button),
      moreButton(context, (tool) => !own.some((one) => one.tool === tool && one.button.dataset.away === undefined)),
    ),
    element(
      "div",
      { class: "tools panels" },
      ...PANEL_TOOLS.map((tool) => toolButton(context, tool)),
      leaveButton(context),
    ),
  );
  bar.addEventListener("keydown", (event) => walk(bar, event, "ArrowRight", "ArrowLeft"));
  fit(
    context,
    bar,
    own.filter(({ tool }) => tool.place === "wide").map(({ button }) => button),
  );
  return context.label(bar, "aria-label", "meeting.controls");
}

/** @param {Context} context @param {Tool} tool */
function toolButton(context, tool) {
  const badge = element("span", { class: "badge", "aria-hidden": "true" });
  const caption = element("span", { class: "caption", "aria-hidden": "true" });
  const drawing = element("span", { class: "tool-icon" });
  const button = element(
    "button",
    { type: "button", class: "tool", "data-tool": tool.id, onclick: () => tool.press(context) },
    drawing,
    badge,
    caption,
  );
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
      const words = context.say(count > 0 && tool.counted ? tool.counted : tool.label(state), { count });
      button.dataset.look = tool.look(state);
      button.hidden = !tool.shown(state);
      button.setAttribute("aria-label", words);
      button.title = words;
      const short = context.say(tool.caption);
      caption.textContent = contains(words, short) ? short : words;
      if (PANEL_TOOLS.includes(tool)) button.setAttribute("aria-expanded", String(tool.look(state) === "on"));
      drawing.replaceChildren(icon(tool.icon(state)));
      badge.hidden = count === 0;
      badge.dataset.count = count > 99 ? "99+" : String(count); // drawn, as the name says it in words
    },
  );
  return button;
}

/** What is read under a tool is part of its name, for those who say it (WCAG 2.5.3). */
/** @param {string} name @param {string} caption */
function contains(name, caption) {
  return name.toLowerCase().includes(caption.toLowerCase());
}

/** What stands in no bar: opened anew each time, so that it is always of this moment. */
/** @param {Context} context @param {(tool: Tool) => boolean} inMenu */
function moreButton(context, inMenu) {
  const button = element(
    "button",
    { type: "button", class: "tool more", "data-tool": "more" },
    element("span", { class: "tool-icon" }, icon("more")),
    element("span", { class: "caption", "aria-hidden": "true" }, context.text("meeting.more")),
  );
  context.label(button, "aria-label", "meeting.more");
  const menu = element("div", { class: "tool-menu" });
  context.label(menu, "aria-label", "meeting.more");
  attachMenu(button, menu);
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState !== "open") return;
    const tools = OWN_TOOLS.filter((tool) => inMenu(tool) && tool.shown(context.state));
    menu.replaceChildren(...tools.map((tool) => menuEntry(context, tool)));
  });
  return element("div", { class: "more-holder" }, button, menu);
}

/** @param {Context} context @param {Tool} tool */
function menuEntry(context, tool) {
  const { state } = context;
  const entry = element(
    "button",
    { type: "button", "data-tool": tool.id, onclick: () => tool.press(context) },
    icon(tool.icon(state)),
    element("span", {}, context.say(tool.checked ? tool.caption : tool.label(state))),
  );
  if (tool.checked) {
    entry.setAttribute("role", "menuitemcheckbox");
    entry.setAttribute("aria-checked", String(tool.checked(state)));
    if (tool.checked(state)) entry.append(icon("check"));
  }
  return entry;
}

/**
 * Let the "wide" tools stand in the bar while they fit beside what is about the meeting; the last gives way first.
 *
 * @param {Context} context
 * @param {HTMLElement} bar
 * @param {readonly HTMLElement[]} wide
 */
function fit(context, bar, wide) {
  const lay = () => {
    const whole = bar.parentElement;
    if (!whole) return;
    for (const button of wide) delete button.dataset.away;
    const stacked = getComputedStyle(whole).display === "contents"; // on narrow screens the title stands above
    const beside = stacked ? 0 : LEAST_ABOUT * parseFloat(getComputedStyle(bar).fontSize);
    const room = (stacked ? document.documentElement : whole).clientWidth; // innerWidth grows with what overflows
    for (const button of [...wide].reverse()) {
      if (bar.scrollWidth + beside <= room) return;
      button.dataset.away = "";
    }
  };
  const observer = new ResizeObserver(lay);
  queueMicrotask(() => observer.observe(bar.closest(".meeting") ?? bar));
  context.signal.addEventListener("abort", () => observer.disconnect());
  context.watch((state) => [state.language, ...OWN_TOOLS.map((tool) => tool.shown(state))], () => queueMicrotask(lay));
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
