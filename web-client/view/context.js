/** What every part of the view is given: the state to watch, the actions to call, and words in the chosen language. */

import { translate } from "../i18n/index.js";

/** @typedef {import("../state/app-state.js").AppState} AppState */
/** @typedef {import("../i18n/ko.js").Key} Key */
/** @typedef {import("../i18n/index.js").Values} Values */
/** @typedef {import("../media/devices.js").DeviceKind} DeviceKind */

/**
 * What a person can do. The view knows nothing of what carries it out.
 *
 * @typedef {object} Actions
 * @property {(draft: Partial<import("../state/app-state.js").Draft>) => void} edit
 * @property {() => void} enter
 * @property {() => void} cancel
 * @property {() => void} rejoin
 * @property {() => void} home
 * @property {(language: import("../state/app-state.js").Language) => void} speak
 * @property {(on: boolean) => void} switchMicrophone
 * @property {(held: boolean) => void} holdToTalk
 * @property {() => void} knowsMuted leave the person alone about talking while muted
 * @property {(changes: Partial<import("../state/settings.js").Settings>) => void} adjust
 * @property {(on: boolean) => void} switchCamera
 * @property {(way: import("../state/joining.js").Way) => void} joinAs
 * @property {() => void} flipCamera
 * @property {() => void} retryDevices
 * @property {() => void} testSpeaker
 * @property {(kind: DeviceKind, id: string) => void} choose
 * @property {(onLevel: (level: number) => void) => (() => void) | null} meterMicrophone
 * @property {() => void} checkLine
 * @property {() => void} shareScreen
 * @property {() => void} stopSharing
 * @property {(raised: boolean) => void} raiseHand
 * @property {(reaction: import("../state/reactions.js").ReactionName) => void} react
 * @property {(text: string, final: boolean) => boolean} caption false: not sent
 * @property {(text: string) => boolean} chat
 * @property {(choice: import("../protocol").LayoutChoice) => void} layout
 * @property {(participant: string, action: import("../protocol").Moderate["action"]) => void} moderate
 * @property {(locked: boolean) => void} lock
 * @property {(rooms: import("../protocol").NewRoom[], call: boolean) => boolean} addRooms false: not sent
 * @property {(room?: string) => void} callRooms one, or all that are not connected
 * @property {(room: string) => void} hangUpRoom
 * @property {(room: string) => void} removeRoom
 * @property {(participant: string, keys: string) => boolean} sendKeys to a room; false: not sent
 * @property {() => void} hurry try to connect now
 * @property {() => void} leave
 * @property {() => void} end
 * @property {(atOnce: boolean) => void} showOwn
 * @property {(floating: boolean) => void} float tells whether the picture has a small window
 * @property {(fullScreen: boolean) => void} fillScreen tells that it does, or does not any more
 * @property {(panel: AppState["panel"]) => void} show
 * @property {(id: number) => void} dismiss
 * @property {(sound: AppState["sound"]) => void} heard
 */

export class Context {
  store;
  actions;
  signal;

  /**
   * @param {import("../state/store.js").Store<AppState>} store
   * @param {Actions} actions
   * @param {AbortSignal} signal aborts when this part of the view goes away
   */
  constructor(store, actions, signal) {
    this.store = store;
    this.actions = actions;
    this.signal = signal;
  }

  get state() {
    return this.store.state;
  }

  /** The same for a part that goes away earlier. @param {AbortSignal} signal */
  within(signal) {
    return new Context(this.store, this.actions, AbortSignal.any([this.signal, signal]));
  }

  /**
   * @template T
   * @param {(state: AppState) => T} select
   * @param {(value: T) => void} apply
   */
  watch(select, apply) {
    this.store.watch(select, apply, this.signal);
  }

  /** @param {Key} key @param {Values} [values] */
  say(key, values) {
    return translate(this.state.language, key, values);
  }

  /** The words of a notice. @param {import("../state/app-state.js").Notice["text"]} text */
  sentence(text) {
    return "key" in text ? this.say(text.key, text.values) : text[this.state.language];
  }

  /** A text node that follows the language. @param {Key} key */
  text(key) {
    const node = document.createTextNode("");
    this.watch(
      (state) => state.language,
      () => (node.data = this.say(key)),
    );
    return node;
  }

  /**
   * An attribute that follows the language and, with `select`, the state.
   *
   * @template {Element} N
   * @param {N} node
   * @param {string} attribute
   * @param {Key | ((state: AppState) => Key)} key
   */
  label(node, attribute, key) {
    const choose = typeof key === "function" ? key : () => key;
    this.watch(
      (state) => [state.language, choose(state)],
      () => node.setAttribute(attribute, this.say(choose(this.state))),
    );
    return node;
  }
}
