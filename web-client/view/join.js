/** The way in: who one is, which devices, and for the page without a link, which meeting. */

import { element } from "./dom.js";
import { icon } from "./icons.js";
import { lineCheck } from "./check.js";
import {
  cameraPreview,
  deviceChoice,
  deviceSwitch,
  flipButton,
  microphoneMeter,
  speakerTest,
} from "./devices.js";
import { deviceHelp, enterButton, wayChoice } from "./ways.js";

/** @typedef {import("./context.js").Context} Context */
/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../state/app-state.js").Draft} Draft */
/** @typedef {"name" | "office" | "number" | "pin" | "chairKey"} TextField */

/**
 * @typedef {object} Field
 * @property {TextField} name
 * @property {Key} label
 * @property {Key} [hint]
 * @property {Key} [missing] said when `pattern` does not fit
 * @property {RegExp} [pattern]
 * @property {boolean} [digits] keep digits only
 * @property {Record<string, string | number | boolean>} attributes
 */

/** @type {readonly Field[]} */
const NUMBER_FIELDS = [
  {
    name: "number",
    label: "join.number",
    hint: "join.numberHint",
    missing: "join.missingNumber",
    pattern: /^\d{9}$/,
    digits: true,
    attributes: { inputmode: "numeric", autocomplete: "off", maxlength: 11 }, // two blanks between groups of three
  },
  {
    name: "pin",
    label: "join.pin",
    hint: "join.pinHint",
    missing: "join.missingPin",
    pattern: /^\d{6}$/,
    digits: true,
    attributes: { inputmode: "numeric", autocomplete: "off", maxlength: 7 },
  },
];

/** @type {readonly Field[]} */
const PERSON_FIELDS = [
  {
    name: "name",
    label: "join.name",
    missing: "join.missingName",
    pattern: /\S/,
    attributes: { autocomplete: "name", maxlength: 80 },
  },
  { name: "office", label: "join.office", attributes: { autocomplete: "organization-title", maxlength: 80 } },
];

/** @type {Field} */
const CHAIR_FIELD = {
  name: "chairKey",
  label: "join.chairKey",
  hint: "join.chairKeyHint",
  attributes: { type: "password", autocomplete: "off", maxlength: 64 },
};

/** @param {Context} context */
export function joinPage(context) {
  const byNumber = context.state.entry.by === "number";
  const fields = [...(byNumber ? NUMBER_FIELDS : []), ...PERSON_FIELDS].map((field) => textField(context, field));
  const chair = textField(context, CHAIR_FIELD);
  const problem = element("p", { class: "form-problem", role: "alert" });
  const form = element(
    "form",
    {
      class: "card join-form",
      novalidate: true,
      onsubmit: (/** @type {SubmitEvent} */ event) => {
        event.preventDefault();
        const wrong = [...fields, chair].filter((field) => !field.check());
        if (wrong.length > 0) wrong[0]?.input.focus();
        else context.actions.enter();
      },
    },
    heading(context),
    element("p", { class: "lead" }, context.text(byNumber ? "join.leadNumber" : "join.lead")),
    problem,
    byNumber && element("div", { class: "pair" }, ...fields.slice(0, 2).map((field) => field.node)),
    ...fields.slice(byNumber ? 2 : 0).map((field) => field.node),
    element(
      "details",
      { class: "chair", open: context.state.draft.chairKey !== "" },
      element("summary", {}, context.text("join.chair")),
      chair.node,
    ),
    wayChoice(context),
    enterButton(context),
  );
  context.watch(
    (state) => [state.problem, state.language],
    () => {
      const sentence = ofTheWhole(context.state);
      problem.hidden = sentence === null;
      problem.replaceChildren(icon("alert"), sentence ? context.sentence(sentence) : "");
    },
  );
  if (context.state.problem?.field) queueMicrotask(() => chair.input.select());
  return element("main", { class: "join" }, devicesCard(context), form);
}

/**
 * What is wrong, unless it is said beside a field.
 *
 * @param {import("../state/app-state.js").AppState} state
 * @returns {Parameters<Context["sentence"]>[0] | null}
 */
function ofTheWhole({ problem, entry }) {
  if (problem) return problem.field ? null : problem.message;
  return entry.by === "number" && entry.brokenLink ? { key: "join.brokenLink" } : null;
}

/** The meeting's name where the link tells it. @param {Context} context */
function heading(context) {
  const node = element("h1", {});
  context.watch(
    (state) => [state.title, state.language],
    () => (node.textContent = context.state.title || context.say("join.title")),
  );
  return node;
}

/** @param {Context} context */
function devicesCard(context) {
  const speaker = deviceChoice(context, "speaker");
  const test = speakerTest(context);
  for (const node of [speaker, test]) node.classList.add("speaker-field"); // who only watches hears too
  const choices = element(
    "div",
    { class: "device-choices" },
    microphoneMeter(context),
    deviceChoice(context, "microphone"),
    deviceChoice(context, "camera"),
    speaker,
    test,
  );
  const switches = element(
    "div",
    { class: "preview-switches" },
    deviceSwitch(context, "microphone"),
    deviceSwitch(context, "camera"),
    flipButton(context),
  );
  context.watch(
    (state) => state.draft.watchOnly,
    (watchOnly) => {
      choices.classList.toggle("watching", watchOnly);
      switches.hidden = watchOnly;
    },
  );
  const card = element(
    "section",
    { class: "devices" },
    element("div", { class: "preview" }, cameraPreview(context), switches),
    deviceHelp(context),
    choices,
    lineCheck(context),
  );
  context.label(card, "aria-label", "join.devices");
  return card;
}

/** @param {Context} context @param {Field} field */
function textField(context, field) {
  const id = `join-${field.name}`;
  const hintId = `${id}-hint`;
  const input = element("input", {
    type: "text",
    id,
    name: field.name,
    spellcheck: "false",
    "aria-describedby": hintId,
    ...(field.missing ? { "aria-required": "true" } : {}),
    ...field.attributes,
    oninput: () => {
      const typed = field.digits ? input.value.replace(/\D/g, "") : input.value;
      context.actions.edit({ [field.name]: field.digits ? typed : typed.trim() });
      refused = null;
      if (input.getAttribute("aria-invalid")) check();
    },
  });
  input.value = context.state.draft[field.name];
  const hint = element("p", { class: "hint", id: hintId });
  const { problem } = context.state;
  let refused = problem?.field === field.name ? problem.message : null; // until something else is typed
  let wrong = false;
  const words = () => {
    const key = wrong ? field.missing : field.hint;
    hint.textContent = refused ? context.sentence(refused) : key ? context.say(key) : "";
    hint.hidden = hint.textContent === "";
    hint.classList.toggle("problem", wrong || refused !== null);
  };
  if (refused) input.setAttribute("aria-invalid", "true");
  const check = () => {
    wrong = field.pattern !== undefined && !field.pattern.test(context.state.draft[field.name]);
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    words();
    return !wrong;
  };
  context.watch((state) => state.language, words);
  if (field.name === "office") context.label(input, "placeholder", "join.officeHint");
  const label = element("label", { for: id }, context.text(field.label));
  if (field.name === "office") label.append(" ", element("span", { class: "optional" }, context.text("join.optional")));
  return { node: element("div", { class: "field" }, label, input, hint), input, check };
}
