/** For the chair: the rooms that can be called into the meeting, and how their calls stand. */

import { addRooms, emptyDraft } from "./add-rooms.js";
import { element, reconcile } from "./dom.js";
import { icon } from "./icons.js";
import { ask } from "./popover.js";
import { keyField, nameKeyField, toggleKeyField } from "./send-keys.js";
import { connected, isCalled, roomName } from "../state/rooms.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("../protocol").Room} Room */

/** @param {Context} context */
export function roomList(context) {
  let draft = emptyDraft();
  const title = element("h3", { id: "rooms-title" });
  const all = element(
    "button",
    { type: "button", onclick: () => context.actions.callRooms() },
    icon("call"),
    context.text("rooms.callAll"),
  );
  const add = element(
    "button",
    { type: "button", onclick: () => addRooms(context, draft) },
    icon("add"),
    context.text("rooms.add"),
  );
  const list = element("ul", {});
  const none = element("p", { class: "hint" }, context.text("rooms.none"));
  const node = element(
    "section",
    { class: "rooms", "aria-labelledby": "rooms-title" },
    element("header", {}, icon("room"), title),
    none,
    list,
    element("div", { class: "buttons" }, all, add),
  );
  context.watch(
    (state) => [state.meeting?.rooms, state.language],
    () => {
      const rooms = context.state.meeting?.rooms ?? null;
      node.hidden = rooms === null;
      if (!rooms) return;
      const count = { connected: connected(rooms), count: rooms.length };
      title.textContent = context.say(rooms.length > 0 ? "rooms.titleCount" : "rooms.title", count);
      none.hidden = rooms.length > 0;
      all.hidden = rooms.length === 0;
      if (list.childElementCount < rooms.length) draft = emptyDraft();
      const held = list.contains(document.activeElement);
      reconcile(
        list,
        rooms,
        ({ room }) => room,
        ({ room }) => row(context, room),
        (item, room) => update(context, item, room),
      );
      if (held && !list.contains(document.activeElement)) add.focus(); // its row has gone
    },
  );
  return node;
}

/** @param {Context} context @param {string} id */
function row(context, id) {
  const now = () => context.state.meeting?.rooms?.find(({ room }) => room === id);
  const toggle = () => {
    const room = now();
    if (room) context.actions[isCalled(room) ? "hangUpRoom" : "callRooms"](id);
  };
  const remove = () => {
    const room = now();
    if (room?.state !== "connected") return context.actions.removeRoom(id);
    return ask(context, {
      title: context.say("rooms.removeAsk", { name: roomName(room) }),
      answers: [{ key: "rooms.remove", class: "danger", onclick: () => context.actions.removeRoom(id) }],
    });
  };
  const form = keyField(context, () => now()?.participant);
  const keys = iconButton(() => {
    toggleKeyField(form);
    keys.setAttribute("aria-expanded", String(!form.hidden));
  }, "keypad");
  return element(
    "li",
    {},
    element("div", { class: "who" }, element("bdi", { class: "name" }), element("span", { class: "office" })),
    keys,
    iconButton(toggle),
    iconButton(remove, "close"),
    form,
  );
}

/** @param {() => void} onclick @param {import("./icons.js").IconName} [look] */
function iconButton(onclick, look) {
  return element("button", { type: "button", class: "quiet icon-only", onclick }, look && icon(look));
}

/** @param {Context} context @param {HTMLElement} item @param {Room} room */
function update(context, item, room) {
  const [names, keys, toggle, remove, form] = /** @type {Iterable<HTMLElement>} */ (item.children);
  const [name, line] = names?.children ?? [];
  if (!name || !line || !keys || !toggle || !remove || !form) return;
  const called = isCalled(room);
  const shown = roomName(room);
  name.textContent = shown;
  name.setAttribute("title", [...new Set([shown, room.said, room.address])].filter(Boolean).join(" · "));
  const over = room.state === "ended" ? room.message : undefined;
  const state = over?.[context.state.language] ?? context.say(`rooms.${room.state}`);
  const failed = over !== undefined && room.reason !== "hung-up";
  const parts = [room.office, failed && shown !== room.address && room.address]; // which the message says to check
  line.replaceChildren(state, ...parts.flatMap((part) => (part ? [" · ", element("bdi", {}, part)] : [])));
  item.className = failed ? "failed" : room.state;
  nameKeyField(context, form, shown);
  if (room.state !== "connected") {
    if ([keys, form].some((node) => node.contains(document.activeElement))) toggle.focus(); // they are about to go
    form.hidden = true;
  }
  keys.hidden = room.state !== "connected";
  keys.setAttribute("aria-expanded", String(!form.hidden));
  for (const [button, key] of /** @type {const} */ ([
    [keys, "rooms.keysOf"],
    [toggle, called ? "rooms.hangUpOf" : "rooms.callOf"],
    [remove, "rooms.removeOf"],
  ])) {
    button.setAttribute("aria-label", context.say(key, { name: shown }));
    button.setAttribute("title", context.say(key, { name: shown }));
  }
  if (toggle.getAttribute("data-look") === String(called)) return;
  toggle.setAttribute("data-look", String(called));
  toggle.replaceChildren(icon(called ? "hangUp" : "call"));
}
