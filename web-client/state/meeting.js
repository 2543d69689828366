/** What the server has told of the conference: its messages folded into one value. Pure. */

import { addCaption } from "./captions.js";
import { handsOf, inOrder } from "./roster.js";

/** @typedef {import("../protocol").Participant} Participant */
/** @typedef {import("../protocol").Entered} Entered */
/** @typedef {import("../protocol").ServerMessage} ServerMessage */

/**
 * @typedef {object} Meeting
 * @property {import("../protocol").ConferenceView} conference
 * @property {string} you own participant id
 * @property {readonly Participant[]} participants in the order of seats
 * @property {readonly string[]} hands that are up, the first raised first
 * @property {import("../protocol").Tiles | null} tiles
 * @property {string | null} speaker
 * @property {readonly string[]} speaking
 * @property {readonly string[]} poor participants whose line the server finds poor
 * @property {boolean} strained the server has too little CPU for everybody's picture
 * @property {readonly import("../protocol").ChatLine[]} chat
 * @property {readonly import("../protocol").Room[] | null} rooms that can be called; null where nobody can, or may
 * @property {readonly import("./captions.js").CaptionLine[]} captions
 */

const MAX_CHAT_LINES = 1_000; // kept in the page; the oldest fall off

/**
 * @param {Entered} entered
 * @param {Meeting | null} before the meeting as it was before the break
 * @returns {Meeting}
 */
export function enter(entered, before) {
  return {
    conference: entered.conference,
    you: entered.you.participant,
    participants: inOrder(entered.participants),
    hands: handsOf(before?.hands ?? [], entered.participants),
    tiles: before?.tiles ?? null,
    speaker: null,
    speaking: [],
    poor: [],
    strained: false,
    chat: before ? joinChat(before.chat, entered.chat) : entered.chat,
    captions: before?.captions ?? [],
    rooms: before?.rooms ?? null,
  };
}

/**
 * @param {Meeting} meeting
 * @param {ServerMessage} message
 * @returns {Meeting} the same object when the message changes nothing here
 */
export function apply(meeting, message) {
  const { conference } = meeting;
  switch (message.type) {
    case "participant_joined":
    case "participant_changed":
      return withPeople(meeting, place(meeting.participants, message.participant));
    case "participant_left":
      return {
        ...withPeople(
          meeting,
          meeting.participants.filter((one) => one.participant !== message.participant),
        ),
        speaking: meeting.speaking.filter((one) => one !== message.participant),
      };
    case "layout_changed":
      return { ...meeting, conference: { ...conference, layout: message.choice } };
    case "lock_changed":
      return { ...meeting, conference: { ...conference, locked: message.locked } };
    case "content_changed":
      return { ...meeting, conference: { ...conference, content: message.participant } };
    case "tiles":
      return { ...meeting, tiles: message };
    case "speaker":
      return { ...meeting, speaker: message.speaker, speaking: message.speaking };
    case "lines":
      return { ...meeting, poor: message.poor, strained: message.strained };
    case "rooms":
      return { ...meeting, rooms: message.rooms };
    case "captioned":
      return { ...meeting, captions: addCaption(meeting.captions, message) };
    case "chat_message":
      return { ...meeting, chat: joinChat(meeting.chat, [message.message]) };
    default:
      return meeting;
  }
}

/**
 * @param {Meeting | null} meeting
 * @returns {Participant | undefined}
 */
export function self(meeting) {
  return meeting?.participants.find((one) => one.participant === meeting.you);
}

/**
 * @param {Meeting | null} meeting
 * @param {string} participant
 */
export function find(meeting, participant) {
  return meeting?.participants.find((one) => one.participant === participant);
}

/**
 * Others whose line is poor, whoever speaks first.
 *
 * @param {Meeting | null} meeting
 * @returns {readonly Participant[]}
 */
export function othersPoor(meeting) {
  if (!meeting) return [];
  const { poor, you, speaker } = meeting;
  return meeting.participants
    .filter((one) => one.participant !== you && poor.includes(one.participant))
    .toSorted((a, b) => Number(b.participant === speaker) - Number(a.participant === speaker));
}

/**
 * Lines of others after `lastRead`.
 *
 * @param {Meeting} meeting
 * @param {number} lastRead
 */
export function unread(meeting, lastRead) {
  return meeting.chat.filter((line) => line.line > lastRead && line.participant !== meeting.you).length;
}

/** @param {Meeting} meeting */
export function lastLine(meeting) {
  return meeting.chat.at(-1)?.line ?? 0;
}

/** @param {Meeting} meeting @param {readonly Participant[]} participants @returns {Meeting} */
function withPeople(meeting, participants) {
  return { ...meeting, participants: inOrder(participants), hands: handsOf(meeting.hands, participants) };
}

/**
 * @param {readonly Participant[]} participants
 * @param {Participant} changed
 */
function place(participants, changed) {
  const index = participants.findIndex((one) => one.participant === changed.participant);
  return index < 0 ? [...participants, changed] : participants.with(index, changed);
}

/**
 * @param {readonly import("../protocol").ChatLine[]} known
 * @param {readonly import("../protocol").ChatLine[]} more
 */
function joinChat(known, more) {
  const last = known.at(-1)?.line ?? 0;
  return [...known, ...more.filter((line) => line.line > last)].slice(-MAX_CHAT_LINES);
}
