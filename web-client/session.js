/**
 * One person in one meeting: puts signaling, the call and the state together.
 *
 * Rules:
 * 1. What the server must know is told anew after every `entered`: own switches, shown content, and, where media
 *    does not flow, an offer.
 * 2. Where the server does not know this person any more, `resume` becomes `enter` with what was typed, so that the
 *    meeting goes on; but never when a page is only opened: entering by oneself is the person's decision.
 * 3. `ended` is final: nothing reconnects by itself afterwards.
 */

import { Signaling } from "./network/signaling.js";
import { Call } from "./media/call.js";
import { Reactions } from "./reactions.js";
import { apply, enter, lastLine, self } from "./state/meeting.js";
import { newsOf } from "./state/news.js";
import { remember } from "./state/quality.js";
import { failure } from "./state/rooms.js";
import { FIELD, FINAL, MENDED, SILENT } from "./state/refusals.js";

/** @typedef {import("./state/app-state.js").AppState} AppState */
/** @typedef {import("./protocol").ServerMessage} ServerMessage */
/** @typedef {import("./protocol").ClientMessage} ClientMessage */

/**
 * @typedef {object} SessionOptions
 * @property {import("./state/store.js").Store<AppState>} store
 * @property {import("./state/memory.js").Memory} memory
 * @property {import("./local.js").Local} local
 * @property {import("./notices.js").Notices} notices
 * @property {string} page path of this page: the way back holds only here
 * @property {string} socketUrl
 */

export class Session {
  #options;
  #store;
  #reactions;
  /** @type {Signaling | null} */
  #signaling = null;
  /** @type {Call | null} */
  #call = null;
  /** @type {import("./state/memory.js").Return | null} */
  #back = null;

  /** @param {SessionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#store = options.store;
    this.#reactions = new Reactions(options.store, (news) => options.notices.tell(news));
  }

  /** Into the meeting with what the form says. */
  enter() {
    this.#back = null;
    this.#begin();
  }

  /** Back into the meeting this tab was in, if there is one. */
  resume() {
    this.#back = this.#options.memory.wayBack(this.#options.page);
    if (this.#back) this.#begin();
    return this.#back !== null;
  }

  /** The network or the page is back: do not wait for the next attempt. */
  hurry() {
    this.#signaling?.hurry();
    this.#call?.hurry();
  }

  /** Stop trying to enter; the devices stay open for the form. */
  cancel() {
    this.#finish();
    this.#store.set({ phase: "form" });
    this.#options.local.follow(undefined);
  }

  leave() {
    this.send({ type: "leave" });
    this.#over({ reason: "left", message: null });
  }

  /**
   * @param {ClientMessage} message
   * @returns {boolean} false when the server cannot be told now
   */
  send(message) {
    return this.#signaling?.send(message) ?? false;
  }

  /** Own microphone, camera or screen has another track. @param {import("./media/lines.js").Kind} kind */
  async trackChanged(kind) {
    await this.#call?.lines.setTrack(kind, this.#options.local.track(kind));
  }

  #begin() {
    this.#finishConnections();
    this.#store.set({ phase: "entering", problem: null, ending: null, attempt: 0 });
    this.#signaling = new Signaling({
      url: this.#options.socketUrl,
      greet: () => this.#greeting(),
      onMessage: (message) => this.#receive(message),
      onState: (signaling, attempt, retryAt) => this.#flow({ signaling, attempt, retryAt }),
      onWake: () => this.#call?.hurry(),
    });
    this.#signaling.open();
  }

  /** The line has no room for all of the camera, or has again. @param {AppState["sparing"]} sparing */
  #spared(sparing) {
    const before = this.#store.state.sparing;
    this.#store.set({ sparing });
    this.#options.local.switched();
    const paused = sparing === "none" && this.#store.state.wantsCamera;
    if (paused) this.#options.notices.tell({ key: "news.cameraPaused", values: {}, tone: "info" });
    else if (before === "none") this.#options.notices.tell({ key: "news.cameraBack", values: {}, tone: "quiet" });
  }

  /** How the connections are, and since when not well. @param {Partial<AppState>} changes */
  #flow(changes) {
    this.#store.set(changes);
    const { signaling, media, brokenSince } = this.#store.state;
    const well = signaling === "open" && media === "connected";
    this.#store.set({ brokenSince: well ? null : (brokenSince ?? performance.now()) });
  }

  /** @returns {import("./protocol").Enter | import("./protocol").Resume} */
  #greeting() {
    if (this.#back) {
      const { conference, participant, secret } = this.#back;
      return { type: "resume", conference, participant, secret };
    }
    const { draft, entry, language } = this.#store.state;
    return {
      type: "enter",
      ...(entry.by === "link" ? { conference: entry.conference } : { number: draft.number, pin: draft.pin }),
      name: draft.name,
      office: draft.office,
      role: draft.watchOnly ? "viewer" : "attendee",
      ...(draft.chairKey ? { chair_key: draft.chairKey } : {}),
      language,
      ...this.#options.local.switches(),
    };
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    switch (message.type) {
      case "entered":
        return this.#entered(message);
      case "answer":
        return void this.#call?.receiveAnswer(message.sdp);
      case "media_restart":
        return this.#call?.serverLost();
      case "picture_needed":
        return void this.#call?.lines.need(message.picture);
      case "reacted":
        return this.#reactions.passed(message);
      case "error":
        return this.#refused(message);
      case "ended":
        return this.#over(message);
      default:
        return this.#changed(message);
    }
  }

  /** @param {import("./protocol").Entered} entered */
  #entered(entered) {
    const { store, memory, local, page } = this.#options;
    const meeting = enter(entered, entered.resumed ? store.state.meeting : null);
    const { participant, secret } = entered.you;
    this.#back = { page, conference: entered.conference.id, participant, secret };
    memory.keepWayBack(this.#back);
    const first = store.state.phase !== "meeting";
    const lastRead = first || !entered.resumed ? lastLine(meeting) : store.state.lastRead;
    const enteredAt = first ? Date.now() : store.state.enteredAt;
    store.set({ phase: "meeting", meeting, lastRead, enteredAt });
    local.follow(self(meeting));
    local.tellAnew();
    if (this.#call) this.#call.signalingReturned(entered.ice_servers);
    else this.#startCall(entered.you.role === "viewer", entered.ice_servers);
  }

  /** @param {boolean} viewer @param {RTCIceServer[]} iceServers */
  #startCall(viewer, iceServers) {
    const call = new Call({
      direction: viewer ? "receive" : "both",
      send: (message) => this.send(message),
      ready: () => this.#signaling?.state === "open",
      onState: (media) => this.#flow({ media }),
      onReceived: (received) => this.#store.set(received),
      onCamera: (sparing) => this.#spared(sparing),
      onReading: (reading) => this.#store.set({ readings: remember(this.#store.state.readings, reading) }),
    });
    this.#call = call;
    for (const kind of /** @type {const} */ (["audio", "main", "content"])) {
      void call.lines.setTrack(kind, this.#options.local.track(kind));
    }
    call.start(iceServers);
  }

  /** @param {ServerMessage} message */
  #changed(message) {
    const before = this.#store.state.meeting;
    if (!before) return;
    const meeting = apply(before, message);
    if (meeting === before) return;
    this.#store.set({ meeting });
    const news = newsOf(message, before);
    if (news) this.#options.notices.tell(news);
    const failed = message.type === "rooms" && failure(before.rooms, message.rooms);
    if (failed) this.#options.notices.say(failed);
    this.#options.local.follow(self(meeting));
    if (message.type === "content_changed") this.#contentChanged(before.conference.content, message.participant);
    if (message.type === "chat_message" && this.#store.state.panel === "chat") {
      this.#store.set({ lastRead: lastLine(meeting) });
    }
  }

  /**
   * Own sharing ends when another takes over or the server ends it.
   *
   * @param {string | null} was
   * @param {string | null} is
   */
  #contentChanged(was, is) {
    const you = this.#store.state.meeting?.you;
    if (was === you && is === null && this.#store.state.content === "on") {
      this.#options.notices.tell({ key: "news.contentStopped", values: {}, tone: "info" });
    }
    if (is === you && this.#store.state.content === "off") this.send({ type: "content", active: false });
    if (is !== you && (is !== null || was === you)) this.#options.local.sharing.end();
  }

  /** @param {import("./protocol").Error} error */
  #refused(error) {
    const { phase, meeting } = this.#store.state;
    if (error.for === "resume") {
      const final = FINAL[error.code];
      if (!final) this.#signaling?.retry();
      else if (!meeting) this.cancel();
      else if (final === "enter") this.enter();
      else this.#over({ reason: final, message: error.message });
    } else if (error.for === "enter" || phase === "entering") {
      this.cancel();
      this.#store.set({ problem: { message: error.message, field: FIELD[error.code] ?? null } });
    } else {
      if (error.for === "offer") this.#call?.offerRefused();
      if (error.for === "set_self" && error.code === "too-fast") this.#options.local.tellLater();
      if (error.for === "content") this.#options.local.sharing.end();
      if (!MENDED.has(error.code) && !SILENT.has(error.for ?? "")) this.#options.notices.problem(error.message);
    }
  }

  /** @param {{ reason: import("./protocol").Ended["reason"], message: import("./protocol").Sentence | null }} ending */
  #over(ending) {
    const { enteredAt } = this.#store.state;
    const lasted = enteredAt === null ? null : Date.now() - enteredAt;
    this.#finish();
    this.#options.local.release();
    this.#store.set({ phase: "over", ending: { reason: ending.reason, message: ending.message, lasted } });
  }

  #finish() {
    this.#options.memory.keepWayBack(null);
    this.#back = null;
    this.#finishConnections();
    this.#options.local.sharing.end();
    this.#store.set({ meeting: null, enteredAt: null, notices: [], reactions: [] });
  }

  #finishConnections() {
    this.#signaling?.close();
    this.#signaling = null;
    this.#call?.stop();
    this.#call = null;
    this.#store.set({ media: "off", picture: null, screen: null, readings: [], brokenSince: null, sparing: "full" });
  }
}
