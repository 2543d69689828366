/** What a change in the meeting is worth telling: a key of the catalogue, its values, and how loudly. Pure. */

import { find } from "./meeting.js";

/** @typedef {import("../i18n/ko.js").Key} Key */

/**
 * "quiet": for screen readers only; "info": also shown for a moment.
 *
 * @typedef {{ key: Key, values: Record<string, string>, tone: "quiet" | "info" }} News
 */

/**
 * @param {import("../protocol").ServerMessage} message
 * @param {import("./meeting.js").Meeting} before
 * @returns {News | null}
 */
export function newsOf(message, before) {
  switch (message.type) {
    case "participant_joined":
      return news("news.joined", titled(message.participant), "quiet");
    case "participant_left": {
      const gone = find(before, message.participant);
      return gone ? news(`news.${message.reason}`, titled(gone), "quiet") : null;
    }
    case "participant_changed":
      return changed(message.participant, find(before, message.participant.participant), before.you);
    case "content_changed":
      return content(message.participant, before);
    case "lines": {
      const poor = message.poor.find((one) => one !== before.you && !before.poor.includes(one));
      const who = poor && find(before, poor);
      return who ? news("news.poorLine", titled(who), "quiet") : null;
    }
    case "layout_changed":
      return news("news.layout", "", "quiet");
    case "lock_changed":
      return news(message.locked ? "news.locked" : "news.unlocked", "", "info");
    case "chat_message": {
      const { participant, text } = message.message;
      if (participant === before.you) return null;
      return { key: "news.chat", values: { name: titled(message.message), text }, tone: "quiet" };
    }
    default:
      return null;
  }
}

/**
 * Office and name as they are said together.
 *
 * @param {{ name: string, office: string }} person
 */
export function titled(person) {
  return person.office ? `${person.office} ${person.name}` : person.name;
}

/**
 * @param {import("../protocol").Participant} now
 * @param {import("../protocol").Participant | undefined} was
 * @param {string} you
 */
function changed(now, was, you) {
  if (!was) return null;
  if (now.participant === you) {
    if (now.muted_by_chair !== was.muted_by_chair) {
      return news(now.muted_by_chair ? "news.youMuted" : "news.youUnmuted", "", "info");
    }
    if (now.captioner !== was.captioner) {
      return news(now.captioner ? "news.youCaption" : "news.youCaptionNot", "", "info");
    }
    return was.hand && !now.hand ? news("news.yourHandDown", "", "quiet") : null;
  }
  if (now.hand && !was.hand) return news("news.hand", titled(now), "info");
  if (now.captioner && !was.captioner) return news("news.captioner", titled(now), "quiet");
  if (now.presence !== was.presence) return news(`news.${now.presence}`, titled(now), "quiet");
  if (now.muted !== was.muted) return news(now.muted ? "news.muted" : "news.unmuted", titled(now), "quiet");
  return null;
}

/** @param {string | null} participant @param {import("./meeting.js").Meeting} before */
function content(participant, before) {
  if (participant === before.conference.content) return null; // only its sound has changed
  if (participant === before.you) return news("news.youShow", "", "quiet");
  if (participant === null) return news("news.contentEnded", "", "quiet");
  const who = find(before, participant);
  const taken = before.conference.content === before.you;
  return who ? news(taken ? "news.contentTaken" : "news.content", titled(who), "info") : null;
}

/** @param {Key} key @param {string} name @param {"quiet" | "info"} tone @returns {News} */
function news(key, name, tone) {
  return { key, values: { name }, tone };
}
