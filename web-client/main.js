/** Where everything is put together. */

import { Checking } from "./checking.js";
import { Local } from "./local.js";
import { Notices } from "./notices.js";
import { Session } from "./session.js";
import { onNetworkChange } from "./network/change.js";
import { SpeakerTest } from "./speaker-test.js";
import { meter } from "./media/meter.js";
import { isLanguage, languageFor } from "./i18n/index.js";
import { entryOf, initialState } from "./state/app-state.js";
import { browserOf } from "./state/browser.js";
import { lastLine } from "./state/meeting.js";
import { Memory } from "./state/memory.js";
import { settingsOf } from "./state/settings.js";
import { Store } from "./state/store.js";
import { showApp } from "./view/app.js";

const memory = new Memory(
  () => localStorage,
  () => sessionStorage,
);
const remembered = memory.preferences();
const store = new Store(
  initialState({
    language: isLanguage(remembered.language) ? remembered.language : languageFor(navigator.languages),
    entry: entryOf(location.pathname),
    browser: browserOf(navigator.userAgent, navigator.maxTouchPoints),
    draft: { name: remembered.name, office: remembered.office },
    wantsCamera: remembered.wantsCamera,
    wantsMicrophone: remembered.wantsMicrophone,
    ownAtOnce: remembered.ownAtOnce,
    settings: settingsOf(remembered),
  }),
);
const notices = new Notices(store);
/** @type {Local} */
const local = new Local({
  store,
  memory,
  notices,
  onTrack: (kind) => void session.trackChanged(kind),
  tell: (message) => session.send(message),
});
const socketUrl = new URL("/ws", location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const session = new Session({ store, memory, local, notices, page: location.pathname, socketUrl: socketUrl.href });

const checking = new Checking(store);
const speakerTest = new SpeakerTest(store);

/** @type {import("./view/context.js").Actions} */
const actions = {
  edit: (draft) => store.set({ draft: { ...store.state.draft, ...draft } }),
  enter: () => {
    memory.prefer({ name: store.state.draft.name, office: store.state.draft.office });
    checking.stop();
    session.enter();
  },
  cancel: () => session.cancel(),
  rejoin: () => {
    local.prepare();
    session.enter();
  },
  home: () => location.assign("/"),
  speak: (language) => {
    memory.prefer({ language });
    store.set({ language });
  },
  switchMicrophone: (on) => void local.switchMicrophone(on),
  holdToTalk: (held) => void local.holdToTalk(held),
  knowsMuted: () => local.knowsMuted(),
  adjust: (changes) => void local.adjust(changes),
  switchCamera: (on) => void local.switchCamera(on),
  joinAs: (way) => local.joinAs(way),
  flipCamera: () => void local.flipCamera(),
  retryDevices: () => local.retryDevices(),
  testSpeaker: () => void speakerTest.toggle(),
  choose: (kind, id) => void local.choose(kind, id),
  meterMicrophone: (onLevel) => {
    const track = local.track("audio");
    return track ? meter(track, onLevel) : null;
  },
  checkLine: () => void checking.start(),
  shareScreen: () => void local.sharing.begin(),
  stopSharing: () => local.sharing.stop(),
  raiseHand: (hand) => session.send({ type: "set_self", hand }),
  react: (reaction) => void session.send({ type: "react", reaction }),
  caption: (text, final) => session.send({ type: "caption", text, final }),
  chat: (text) => session.send({ type: "chat", text }),
  layout: (choice) => session.send({ type: "layout", choice }),
  moderate: (participant, action) => session.send({ type: "moderate", participant, action }),
  lock: (locked) => session.send({ type: "lock", locked }),
  addRooms: (rooms, call) => session.send({ type: "add_rooms", rooms, call }),
  callRooms: (room) => session.send({ type: "call_rooms", ...(room ? { rooms: [room] } : {}) }),
  hangUpRoom: (room) => session.send({ type: "hang_up_room", room }),
  sendKeys: (participant, keys) => session.send({ type: "send_keys", participant, keys }),
  removeRoom: (room) => session.send({ type: "remove_room", room }),
  hurry: () => session.hurry(),
  leave: () => session.leave(),
  end: () => session.send({ type: "end" }),
  showOwn: (ownAtOnce) => {
    memory.prefer({ ownAtOnce });
    store.set({ ownAtOnce });
  },
  float: (floating) => store.set({ floating }),
  fillScreen: (fullScreen) => store.set({ fullScreen }),
  show: (panel) => {
    const { meeting, lastRead } = store.state;
    store.set({ panel, lastRead: panel === "chat" && meeting ? lastLine(meeting) : lastRead });
  },
  dismiss: (id) => notices.dismiss(id),
  heard: (sound) => store.set({ sound }),
};

const root = document.querySelector("#app");
if (root instanceof HTMLElement) showApp(root, store, actions);
onNetworkChange(() => session.hurry());
const resuming = session.resume();
local.prepare();
if (!resuming) {
  void checking.askTitle();
  void checking.start();
}
