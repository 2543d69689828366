/** Keys for the menu of a bridge: a field below the line of a room, for what is to be pressed there. */

import { element } from "./dom.js";
import { keysOf } from "../state/rooms.js";

/** @typedef {import("./context.js").Context} Context */

/**
 * Hidden at first.
 *
 * @param {Context} context
 * @param {() => string | undefined} participant who the room is now
 */
export function keyField(context, participant) {
  const input = element("input", { type: "text", inputmode: "tel", autocomplete: "off" });
  const told = element("p", { class: "hint", role: "status" });
  const send = () => {
    const [to, keys] = [participant(), keysOf(input.value)];
    const sent = Boolean(to && keys && context.actions.sendKeys(to, keys));
    told.textContent = context.say(sent ? "rooms.keysSent" : keys ? "rooms.notSent" : "rooms.keysWrong", { keys });
    told.classList.toggle("problem", !sent);
    if (sent) input.value = "";
    input.focus();
  };
  return element(
    "form",
    {
      class: "send-keys below",
      hidden: true,
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        send();
      },
    },
    input,
    element("button", { type: "submit" }),
    told,
  );
}

/** In words of the language as it is now. @param {Context} context @param {Element} form @param {string} name */
export function nameKeyField(context, form, name) {
  const [input, button] = form.children;
  input?.setAttribute("aria-label", context.say("rooms.keysOf", { name }));
  input?.setAttribute("placeholder", context.say("rooms.keysHint"));
  if (button) button.textContent = context.say("chat.send");
}

/** Open it, or close it. @param {HTMLElement} form */
export function toggleKeyField(form) {
  form.hidden = !form.hidden;
  form.querySelector("input")?.focus();
}
