/** The roster with everybody's state, and what the chair can do about it. */

import { element, reconcile } from "./dom.js";
import { handList } from "./hands.js";
import { icon } from "./icons.js";
import { ask, attachMenu } from "./popover.js";
import { roomList } from "./rooms.js";
import { keyField, nameKeyField, toggleKeyField } from "./send-keys.js";
import { initials } from "../state/initials.js";
import { self } from "../state/meeting.js";
import { titled } from "../state/news.js";
import { found } from "../state/roster.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../protocol").Participant} Participant */

const ALWAYS = new Set(["weak", "captions", "room"]); // marks that a viewer has, too
const SEARCHED_FROM = 13; // people; fewer are seen at a glance

/** @param {Context} context */
export function peoplePanel(context) {
  const list = element("ul", { class: "people" });
  context.label(list, "aria-label", "people.title");
  const nobody = element("p", { class: "empty", role: "status" });
  const draw = () => {
    const { meeting } = context.state;
    const people = meeting?.participants ?? [];
    const words = search.hidden ? "" : search.value.trim();
    const listed = found(people, words);
    reconcile(
      list,
      listed,
      (who) => `${who.participant} ${self(meeting)?.role === "chair"}`,
      (who) => row(context, who),
      (node, who) => update(context, node, who),
    );
    nobody.textContent = listed.length > 0 ? "" : context.say("people.notFound", { words });
    nobody.hidden = listed.length > 0;
  };
  const search = searchField(context, draw);
  context.watch(
    (state) => [
      state.meeting?.participants,
      state.meeting?.speaking,
      state.meeting?.poor,
      state.meeting?.conference.content,
      state.language,
    ],
    draw,
  );
  const body = element(
    "div",
    { class: "panel-body", role: "group", tabindex: 0 },
    lockRow(context),
    handList(context),
    roomList(context),
    search,
    list,
    nobody,
  );
  return context.label(body, "aria-label", "people.title"); // without buttons in it, it is scrolled with the keys
}

/** @param {Context} context @param {() => void} draw */
function searchField(context, draw) {
  const input = element("input", { type: "search", class: "search", autocomplete: "off", maxlength: 40 });
  input.addEventListener("input", draw);
  context.label(input, "aria-label", "people.search");
  context.label(input, "placeholder", "people.search");
  context.watch(
    (state) => state.meeting?.participants.length ?? 0,
    (count) => (input.hidden = count < SEARCHED_FROM),
  );
  return input;
}

/** @param {Context} context @param {Participant} who */
function row(context, who) {
  const { meeting } = context.state;
  const managed = self(meeting)?.role === "chair" && who.participant !== meeting?.you;
  const keys = managed && who.kind === "room" && keyField(context, () => who.participant);
  return element(
    "li",
    {},
    element("span", { class: "avatar", "aria-hidden": "true" }),
    element("div", { class: "who" }, element("bdi", { class: "name" }), element("bdi", { class: "office" })),
    element("span", { class: "tag" }),
    element("span", { class: "marks" }),
    managed && manageButton(context, who.participant, keys || null),
    element("ul", { class: "labels below" }),
    keys,
  );
}

/** @param {Context} context @param {HTMLElement} node @param {Participant} who */
function update(context, node, who) {
  const { meeting } = context.state;
  const [avatar, names, chair, marks] = node.children;
  const [name, office] = names?.children ?? [];
  if (!avatar || !name || !office || !chair || !marks) return;
  const own = who.participant === meeting?.you;
  const speaking = meeting?.speaking.includes(who.participant) ?? false;
  node.classList.toggle("speaking", speaking);
  node.classList.toggle("away", who.presence === "reconnecting");
  avatar.textContent = initials(who.name, who.office);
  name.textContent = own ? `${who.name} (${context.say("people.you")})` : who.name;
  const role = who.role === "attendee" ? "" : context.say(`people.${who.role}`);
  const away = who.presence === "reconnecting" ? context.say("people.reconnecting") : "";
  office.textContent = [who.office, who.role === "chair" ? "" : role, away].filter(Boolean).join(" · ");
  chair.textContent = who.role === "chair" ? role : "";
  marks.replaceChildren(...marksOf(context, who, speaking));
  const manage = node.querySelector(".manage > button");
  manage?.setAttribute("aria-label", context.say("people.actions", { name: who.name }));
  const keys = node.querySelector("form");
  if (keys) nameKeyField(context, keys, who.name);
  const labels = /** @type {HTMLElement} */ (node.querySelector(".labels"));
  labels.hidden = who.labels.length === 0;
  labels.setAttribute("aria-label", context.say("people.labels", { count: who.labels.length }));
  labels.replaceChildren(...who.labels.map((label) => element("li", {}, element("bdi", {}, label))));
}

/** @param {Context} context @param {Participant} who @param {boolean} speaking */
function marksOf(context, who, speaking) {
  const poor = context.state.meeting?.poor.includes(who.participant) ?? false;
  /** @type {[boolean, import("./icons.js").IconName, Key, string][]} */
  const marks = [
    [who.kind === "room", "room", "people.room", ""],
    [poor, "weak", "people.poorLine", "off"],
    [context.state.meeting?.conference.content === who.participant, "share", "people.sharing", "on"],
    [who.captioner, "captions", "people.captions", ""],
    [who.hand, "hand", "people.hand", "raised"],
    [who.camera_off, "cameraOff", "people.cameraOff", "off"],
    [who.muted, "microphoneOff", who.muted_by_chair ? "people.mutedByChair" : "people.muted", "off"],
    [!who.muted, "microphone", speaking ? "people.speaking" : "people.unmuted", speaking ? "on" : ""],
  ];
  return marks
    .filter(([shown, name]) => shown && (ALWAYS.has(name) || who.role !== "viewer"))
    .map(([, name, key, look]) =>
      element(
        "span",
        { class: `mark ${look}`, role: "img", "aria-label": context.say(key), title: context.say(key) },
        icon(name),
      ),
    );
}

/** @param {Context} context @param {string} participant @param {HTMLElement | null} keys the field for a room's */
function manageButton(context, participant, keys) {
  const who = () => context.state.meeting?.participants.find((one) => one.participant === participant);
  const button = element("button", { type: "button", class: "quiet icon-only" }, icon("more"));
  const menu = element("div", {});
  attachMenu(button, menu);
  menu.addEventListener("beforetoggle", (event) => {
    const now = who();
    if (event.newState !== "open" || !now) return;
    /** @param {Key} key @param {() => void} onclick @param {string} [look] */
    const entry = (key, onclick, look) => element("button", { type: "button", class: look, onclick }, context.say(key));
    /** @param {import("../protocol").Moderate["action"]} action */
    const moderate = (action) => () => context.actions.moderate(participant, action);
    const heard = now.role !== "viewer";
    const nodes = [
      heard &&
        (now.muted_by_chair ? entry("people.unmute", moderate("unmute")) : entry("people.mute", moderate("mute"))),
      now.hand && entry("people.lowerHand", moderate("lower_hand")),
      now.kind === "person" &&
        (now.captioner
          ? entry("people.captionerNot", moderate("dismiss_captioner"))
          : entry("people.captioner", moderate("appoint_captioner"))),
      keys && entry("rooms.keys", () => toggleKeyField(keys)),
      context.state.meeting?.conference.content === participant &&
        entry("people.stopContent", moderate("stop_content")),
      entry("people.remove", () => askRemove(context, now, moderate("remove")), "danger-text"),
    ];
    menu.replaceChildren(...nodes.filter((node) => node instanceof HTMLElement));
  });
  return element("div", { class: "manage" }, button, menu);
}

/** @param {Context} context @param {Participant} who @param {() => void} remove */
function askRemove(context, who, remove) {
  ask(context, {
    title: context.say("people.removeAsk", { name: titled(who) }),
    words: context.say("people.removeHint"),
    answers: [{ key: "people.remove", class: "danger", onclick: remove }],
  });
}

/** @param {Context} context */
function lockRow(context) {
  const button = element("button", {
    type: "button",
    onclick: () => context.actions.lock(!context.state.meeting?.conference.locked),
  });
  const words = element("span", {}, context.text("people.locked"));
  const node = element("div", { class: "lock-row" }, words, button);
  context.watch(
    (state) => [state.meeting?.conference.locked, self(state.meeting)?.role, state.language],
    () => {
      const locked = context.state.meeting?.conference.locked ?? false;
      const chair = self(context.state.meeting)?.role === "chair";
      node.hidden = !locked && !chair;
      words.hidden = !locked;
      button.hidden = !chair;
      button.replaceChildren(icon("lock"), context.say(locked ? "people.unlock" : "people.lock"));
    },
  );
  return node;
}
