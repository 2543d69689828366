/** The whole of what the page shows, as one value, and where it begins. */

import { DEFAULT_SETTINGS } from "./settings.js";

/**
 * "form": asking for name and devices; "entering": on the way; "meeting": in; "over": left or ended.
 *
 * @typedef {"form" | "entering" | "meeting" | "over"} Phase
 */

/** @typedef {"ko" | "en"} Language */
/** @typedef {import("../protocol").Sentence} Sentence */

/** @typedef {{ by: "link", conference: string } | { by: "number", brokenLink: boolean }} Entry */

/** @typedef {{ message: Sentence, field: "chairKey" | null }} Problem `field` when that one alone is wrong */

/**
 * What the person typed; kept while the page lives, name and office also between visits.
 *
 * @typedef {object} Draft
 * @property {string} name
 * @property {string} office
 * @property {string} number
 * @property {string} pin
 * @property {string} chairKey never stored
 * @property {boolean} watchOnly
 */

/**
 * "asking": the browser asks the person; "denied": not permitted; "missing": none there; "busy": another program has
 * it; "failed": anything else; "unsupported": the browser gives none to this page (no secure context).
 *
 * @typedef {"off" | "opening" | "asking" | "on" | "denied" | "missing" | "busy" | "failed" | "unsupported"}
 *   DeviceStatus
 */

/**
 * @typedef {object} Ending
 * @property {import("../protocol").Ended["reason"]} reason
 * @property {Sentence | null} message
 * @property {number | null} lasted milliseconds in the meeting
 */

/** @typedef {{ id: string, label: string }} DeviceOption */

/**
 * @typedef {object} DeviceState
 * @property {DeviceStatus} status
 * @property {string} chosen device id, "" for the browser's choice
 * @property {readonly DeviceOption[]} options
 * @property {Readonly<Record<string, boolean>>} [applied] to an open microphone by the browser, as far as it tells
 * @property {"user" | "environment" | ""} facing of a telephone's camera: to its owner, or away; "" it does not say
 * @property {boolean} gone the remembered one is not there
 */

/** @typedef {{ camera: DeviceState, microphone: DeviceState, speaker: DeviceState }} DevicesState */

/**
 * @typedef {object} Notice
 * @property {number} id
 * @property {"info" | "problem"} tone
 * @property {Sentence | { key: import("../i18n/ko.js").Key, values?: Readonly<Record<string, string | number>> }} text
 */

/**
 * @typedef {object} AppState
 * @property {Phase} phase
 * @property {Language} language
 * @property {Entry} entry
 * @property {Draft} draft
 * @property {Problem | null} problem why entering was refused
 * @property {Ending | null} ending
 * @property {"connecting" | "open" | "waiting" | "closed"} signaling
 * @property {number} attempt of connecting again
 * @property {number | null} retryAt when the next one begins, monotonic milliseconds; null while one is under way
 * @property {number | null} brokenSince when signaling or media was last not well, until both are; monotonic
 * @property {"off" | "connecting" | "connected" | "interrupted" | "blocked"} media
 * @property {import("./meeting.js").Meeting | null} meeting
 * @property {string} title of the meeting, where the link tells it; "" unknown
 * @property {import("./check.js").Check} check of the line, before entering
 * @property {DevicesState} devices
 * @property {import("./browser.js").Browser} browser
 * @property {"off" | "playing" | "played" | "failed"} tone the test sound
 * @property {boolean} wantsMicrophone before the meeting: the switches; in it: not muted, camera on
 * @property {boolean} wantsCamera
 * @property {boolean} holding the key that lets talk while it is held
 * @property {boolean} talkingMuted the person talks, and is muted
 * @property {import("./settings.js").Settings} settings
 * @property {MediaStream | null} preview own camera
 * @property {MediaStream | null} picture the composite with its sound
 * @property {MediaStream | null} screen a screen that somebody shares, while the server sends it by itself
 * @property {"full" | "less" | "none"} sparing how much of the own camera the line has room for
 * @property {readonly import("./line.js").Reading[]} readings of the media connection, the newest last
 * @property {"playing" | "blocked"} sound
 * @property {"off" | "starting" | "on"} content own screen
 * @property {boolean} contentSound it is sent with its sound
 * @property {boolean} ownAtOnce own camera over the own tile
 * @property {boolean} fullScreen
 * @property {boolean} floating the picture is in a small window of its own
 * @property {number | null} enteredAt epoch milliseconds
 * @property {"people" | "chat" | "line" | null} panel
 * @property {number} lastRead chat line
 * @property {readonly import("./reactions.js").Shown[]} reactions that are passing
 * @property {readonly Notice[]} notices shown for a while
 * @property {{ id: number, text: Notice["text"] } | null} spoken the last news, for screen readers
 */

/** @type {DeviceState} */
const NO_DEVICE = { status: "off", chosen: "", options: [], facing: "", gone: false };

/**
 * @param {{ language: Language, entry: Entry, draft: Partial<Draft>, wantsMicrophone: boolean, wantsCamera: boolean,
 *   ownAtOnce?: boolean, settings?: import("./settings.js").Settings,
 *   browser?: import("./browser.js").Browser }} known
 * @returns {AppState}
 */
export function initialState(known) {
  return {
    phase: "form",
    language: known.language,
    entry: known.entry,
    draft: { name: "", office: "", number: "", pin: "", chairKey: "", watchOnly: false, ...known.draft },
    problem: null,
    ending: null,
    signaling: "closed",
    attempt: 0,
    retryAt: null,
    brokenSince: null,
    media: "off",
    meeting: null,
    title: "",
    check: { phase: "idle" },
    devices: { camera: NO_DEVICE, microphone: NO_DEVICE, speaker: NO_DEVICE },
    wantsMicrophone: known.wantsMicrophone,
    wantsCamera: known.wantsCamera,
    holding: false,
    talkingMuted: false,
    settings: known.settings ?? DEFAULT_SETTINGS,
    browser: known.browser ?? "chrome",
    tone: "off",
    preview: null,
    picture: null,
    screen: null,
    sparing: "full",
    readings: [],
    sound: "playing",
    content: "off",
    contentSound: false,
    ownAtOnce: known.ownAtOnce ?? true,
    fullScreen: false,
    floating: false,
    enteredAt: null,
    panel: null,
    lastRead: 0,
    reactions: [],
    notices: [],
    spoken: null,
  };
}

/**
 * How a page's address asks to enter. A link that is cut short or mistyped leads nowhere, and the form says so.
 *
 * @param {string} path
 * @returns {Entry}
 */
export function entryOf(path) {
  const link = /^\/c\/([A-Za-z0-9_-]{22})\/?$/.exec(path);
  return link?.[1] ? { by: "link", conference: link[1] } : { by: "number", brokenLink: path.startsWith("/c/") };
}
