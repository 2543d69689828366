/** The form in which a chair puts rooms on the list: one by its fields, or many as lines of a table. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { sheet } from "./popover.js";
import { MOST_ROOMS, roomsOf } from "../state/rooms.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */

/** What was typed, until the list is longer: a refusal comes after the form is closed. */
/** @typedef {{ one: import("../protocol").NewRoom, lines: string }} Draft */

/** @returns {Draft} */
export const emptyDraft = () => ({ one: { address: "", name: "", office: "" }, lines: "" });

/** @param {Context} context @param {Draft} draft */
export function addRooms(context, draft) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const [address, name, office] = [
    field(inner, "address", "rooms.address", "rooms.addressHint"),
    field(inner, "name", "rooms.name", "rooms.nameHint"),
    field(inner, "office", "join.office"),
  ];
  const lines = element("textarea", { id: "rooms-lines", rows: 4, "aria-describedby": "rooms-lines-hint" });
  address.input.value = draft.one.address;
  name.input.value = draft.one.name ?? "";
  office.input.value = draft.one.office ?? "";
  lines.value = draft.lines;
  const problem = element("p", { class: "problem", role: "alert" });
  const many = element(
    "details",
    { open: draft.lines !== "" },
    element("summary", {}, inner.text("rooms.many")),
    element(
      "div",
      { class: "field" },
      element("label", { for: "rooms-lines" }, inner.text("rooms.lines")),
      lines,
      element("p", { class: "hint", id: "rooms-lines-hint" }, inner.text("rooms.linesHint")),
    ),
  );
  /** Whether they were sent. @param {boolean} call */
  const send = (call) => {
    draft.one = { address: address.input.value.trim(), name: name.input.value, office: office.input.value };
    draft.lines = lines.value;
    const rooms = [...(draft.one.address ? [draft.one] : []), ...roomsOf(draft.lines)];
    const wrong = rooms.length === 0 ? "rooms.missing" : rooms.length > MOST_ROOMS && "rooms.tooMany";
    problem.textContent = wrong ? inner.say(wrong, { count: MOST_ROOMS }) : "";
    if (wrong) address.input.focus();
    else if (context.actions.addRooms(rooms, call)) dialog.close();
    else problem.textContent = inner.say("rooms.notSent");
  };
  const form = element(
    "form",
    {
      class: "add-rooms",
      novalidate: true,
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        send(true);
      },
    },
    address.node,
    name.node,
    office.node,
    many,
    problem,
    element(
      "div",
      { class: "buttons" },
      element("button", { type: "submit", class: "primary" }, icon("call"), inner.text("rooms.addAndCall")),
      element("button", { type: "button", onclick: () => send(false) }, inner.text("rooms.addOnly")),
    ),
  );
  // A table that is pasted into the first field has its lines where they can be seen.
  address.input.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\n\t,]/.test(text.trim())) return;
    event.preventDefault();
    lines.value = [lines.value, text].filter(Boolean).join("\n");
    many.open = true;
    lines.focus();
  });
  const dialog = sheet(inner, "rooms.add", form);
  dialog.addEventListener("close", () => closed.abort());
  address.input.focus();
}

/** @param {Context} context @param {string} id @param {Key} label @param {Key} [hint] */
function field(context, id, label, hint) {
  const described = hint ? { "aria-describedby": `rooms-${id}-hint` } : {};
  const plain = { type: "text", autocomplete: "off", maxlength: 200 };
  const input = element("input", { ...plain, id: `rooms-${id}`, ...described });
  const node = element(
    "div",
    { class: "field" },
    element("label", { for: `rooms-${id}` }, context.text(label)),
    input,
    hint && element("p", { class: "hint", id: `rooms-${id}-hint` }, context.text(hint)),
  );
  return { node, input };
}
