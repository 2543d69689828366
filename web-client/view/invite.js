/** What to send to somebody who is to come: the meeting's link and number, to be copied or shared. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { sheet } from "./popover.js";
import { grouped } from "../i18n/index.js";

/** @typedef {import("./context.js").Context} Context */

const HERE = new Set(["localhost", "127.0.0.1", "[::1]"]); // what means another machine to everybody else

/** @param {Context} context */
export function invite(context) {
  const closed = new AbortController();
  const inner = context.within(closed.signal);
  const text = element("textarea", { class: "invitation", readonly: true, rows: 4 });
  inner.label(text, "aria-label", "invite.text");
  const told = element("p", { class: "hint", role: "status" });
  const byLink = context.state.entry.by === "link";
  const locked = element("p", { class: "hint problem" }, inner.text("invite.locked"));
  inner.watch(
    (state) => [state.meeting?.conference, !state.meeting?.rooms, state.language],
    () => {
      text.value = invitation(inner);
      grow(text);
      locked.hidden = !inner.state.meeting?.conference.locked;
    },
  );
  const answer = (/** @type {boolean} */ done) => {
    told.textContent = inner.say(done ? "invite.copied" : "invite.select");
  };
  const dialog = sheet(
    inner,
    "invite.title",
    element("p", { class: "lead" }, inner.text(byLink ? "invite.link" : "invite.number")),
    text,
    HERE.has(location.hostname) && element("p", { class: "hint problem" }, inner.text("invite.here")),
    locked,
    element(
      "div",
      { class: "buttons" },
      element(
        "button",
        { type: "button", class: "primary", onclick: async () => answer(await copy(text)) },
        icon("copy"),
        inner.text("invite.copy"),
      ),
      "share" in navigator && shareButton(inner, text),
    ),
    told,
  );
  dialog.addEventListener("close", () => closed.abort());
  grow(text);
}

/** As high as its text. @param {HTMLTextAreaElement} text */
function grow(text) {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`; // and its border
}

/**
 * Title, link where the person came by one, and number; for a chair whose server has rooms, what those dial. The PIN is
 * nowhere in the page: a room is asked for it.
 *
 * @param {Context} context
 */
function invitation(context) {
  const { entry, meeting } = context.state;
  const number = meeting?.conference.number ?? "";
  const lines = [
    meeting?.conference.title,
    entry.by === "link" ? new URL(`/c/${entry.conference}`, location.origin).href : location.origin,
    number && context.say("meeting.number", { number: grouped(number) }),
    number &&
      meeting?.rooms &&
      !HERE.has(location.hostname) &&
      context.say("invite.rooms", { address: `${location.hostname}##${number}` }),
  ];
  return lines.filter(Boolean).join("\n");
}

/** @param {Context} context @param {HTMLTextAreaElement} text */
function shareButton(context, text) {
  const share = async () => {
    try {
      await navigator.share({ text: text.value });
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // the person has chosen nobody
    }
  };
  return element("button", { type: "button", onclick: () => void share() }, icon("send"), context.text("invite.share"));
}

/** Where the browser forbids it, the text is left selected for the person's own keys. */
/** @param {HTMLTextAreaElement} text @returns {Promise<boolean>} whether it is in the clipboard */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text.value);
    return true;
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof TypeError)) throw error; // TypeError: no secure context
    text.select();
    return false;
  }
}
