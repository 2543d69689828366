/**
 * One participant in one meeting, in one file. Read it from the top:
 *
 *   1. what is kept         4. media: one RTCPeerConnection
 *   2. the page             5. what the server asks for
 *   3. signaling: messages over a WebSocket, and the way back when it breaks
 *
 * It has no roster, chat, layouts, choice of devices or ICE restart; the client in the folders beside this one has.
 */

// --- 1. What is kept -------------------------------------------------------------------------------------------

const PROTOCOL = "mcu.v1"; // the WebSocket's subprotocol; without it the server refuses the handshake
const PING_AFTER_MS = 2_500; // of silence; without any answer in twice that the line is broken
const LONGEST_PAUSE_MS = 10_000; // between two attempts to come back

/** @type {MediaStream} own camera and microphone */
let own;
/** @type {WebSocket | null} */
let socket = null;
/** @type {RTCPeerConnection | null} */
let connection = null;
/**
 * What `resume` needs. The secret is the participant: it stays in this variable, and out of every address and log.
 *
 * @type {{ conference: string, participant: string, secret: string } | null}
 */
let back = null;
let muted = false;
let attempts = 0; // to come back, since it last worked
let heard = 0; // when the server last said something
/** @type {Record<string, string>} what the form says */
let person = {};

// --- 2. The page -----------------------------------------------------------------------------------------------

const form = find("form", HTMLFormElement);
const meeting = find("main", HTMLElement);
const video = find("video", HTMLVideoElement);
const muteButton = find("#mute", HTMLButtonElement);
const words = find("[role=status]", HTMLElement);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, number, pin } = Object.fromEntries(new FormData(form));
  person = { name: String(name), number: String(number).replace(/\D/g, ""), pin: String(pin).replace(/\D/g, "") };
  try {
    own = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 1280, height: 720 } });
  } catch (error) {
    say(`No camera or microphone: ${error instanceof DOMException ? error.name : error}`);
    return;
  }
  connect();
});

muteButton.addEventListener("click", () => {
  muted = !muted;
  muteButton.setAttribute("aria-pressed", String(muted));
  for (const track of own.getAudioTracks()) track.enabled = !muted; // silence leaves, not the voice
  send({ type: "set_self", muted }); // and everybody sees the mark
});

find("#leave", HTMLButtonElement).addEventListener("click", () => send({ type: "leave" }));

/**
 * The only way text reaches the page: as text. Names and sentences are never HTML.
 *
 * @param {string} text
 */
function say(text) {
  words.textContent = text;
}

// --- 3. Signaling ----------------------------------------------------------------------------------------------

function connect() {
  const address = new URL("/ws", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(address, PROTOCOL);
  socket = mine;
  unanswered.length = 0; // what was offered on the old one may never be answered
  heard = performance.now();
  say("Connecting…");
  mine.onmessage = ({ data }) => {
    heard = performance.now();
    if (mine === socket) receive(JSON.parse(data));
  };
  mine.onclose = () => mine === socket && comeBack();
}

/** Growing pauses, and a little chance in them: a server that starts again is not overrun by everybody at once. */
function comeBack() {
  socket = null;
  attempts += 1;
  say("The connection broke; coming back…");
  setTimeout(connect, Math.min(LONGEST_PAUSE_MS, 250 * 2 ** attempts) * (0.5 + Math.random() / 2));
}

// A line that is cut says nothing, so silence is asked about, and then taken for an answer.
setInterval(() => {
  if (!socket) return;
  const silence = performance.now() - heard;
  if (silence > 2 * PING_AFTER_MS) {
    socket.close();
    comeBack();
  } else if (silence > PING_AFTER_MS) send({ type: "ping" });
}, 1_000);

/** @param {import("../protocol").ClientMessage} message */
function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

/** @param {import("../protocol").ServerMessage} message */
function receive(message) {
  switch (message.type) {
    case "welcome": // the server speaks first; the answer is who we are, or that we are back
      return send(back ? { type: "resume", ...back } : { type: "enter", ...enterAs() });
    case "entered":
      return entered(message);
    case "answer":
      return answered(message.sdp);
    case "picture_needed":
      return void needed(message.picture);
    case "media_restart": // the server lost its side of the media
      return call();
    case "error":
      return refused(message);
    case "ended":
      return over(message.message.en);
    default: // roster, chat, tiles, speaker …: a client may ignore what it does not show
      return undefined;
  }
}

function enterAs() {
  const { name = "", number = "", pin = "" } = person;
  return { name, number, pin, muted, language: /** @type {const} */ ("en") };
}

/** @param {import("../protocol").Entered} message */
function entered({ conference, you, ice_servers, resumed }) {
  back = { conference: conference.id, participant: you.participant, secret: you.secret };
  attempts = 0;
  iceServers = ice_servers;
  form.hidden = true;
  meeting.hidden = false;
  document.title = conference.title || "A minimal client";
  say("");
  send({ type: "set_self", muted }); // it may have changed while nobody could be told
  if (!resumed || connection?.connectionState !== "connected") call(); // else media has lived through the break
}

/** @param {import("../protocol").Error} error */
function refused(error) {
  say(error.message.en);
  if (error.for === "resume" && error.code === "resume-unknown") {
    back = null; // too late to be the same participant: enter as a new one
    socket?.close();
  } else if (error.for === "offer") {
    unanswered.shift();
    setTimeout(() => socket && call(), 2_000);
  } else if (error.for === "enter") over(error.message.en); // back to the form
}

/** For good: nothing comes back by itself. @param {string} reason */
function over(reason) {
  const last = socket;
  socket = null; // so that its closing is not a break
  last?.close();
  back = null;
  connection?.close();
  connection = null;
  unanswered.length = 0;
  for (const track of own.getTracks()) track.stop();
  form.hidden = false;
  meeting.hidden = true;
  say(reason);
}

// --- 4. Media --------------------------------------------------------------------------------------------------

/** @type {RTCIceServer[]} */
let iceServers = [];
/** @type {RTCPeerConnection[]} whose offers wait: the server answers or refuses them in their order */
const unanswered = [];

/** A new connection. Three m-lines, always in this order: sound, camera, shared screen (which we never send). */
function call() {
  connection?.close();
  const mine = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
  connection = mine;
  const [microphone, camera] = [own.getAudioTracks()[0], own.getVideoTracks()[0]];
  const lines = [
    mine.addTransceiver(microphone ?? "audio", { direction: "sendrecv" }),
    mine.addTransceiver(camera ?? "video", { direction: "sendrecv" }),
  ];
  mine.addTransceiver("video", { direction: "inactive" });
  // The mix of all others' voices, and one picture with everybody in it: that is all a client receives.
  video.srcObject = new MediaStream(lines.map((line) => line.receiver.track));

  /** @type {string[]} */
  const early = []; // candidates must not be told before the offer they belong to
  let offered = false;
  mine.onicecandidate = ({ candidate }) => {
    const text = candidate?.candidate ?? ""; // "" tells that there are no more
    if (offered) send({ type: "candidate", candidate: text });
    else early.push(text);
  };
  mine.onconnectionstatechange = () => {
    if (mine === connection && mine.connectionState === "failed" && socket) call();
  };
  void mine.setLocalDescription().then(() => {
    if (mine !== connection) return;
    send({ type: "offer", sdp: mine.localDescription?.sdp ?? "" });
    unanswered.push(mine);
    offered = true;
    for (const candidate of early.splice(0)) send({ type: "candidate", candidate });
  });
}

/** @param {string} sdp */
function answered(sdp) {
  const offering = unanswered.shift();
  if (offering === connection) void offering?.setRemoteDescription({ type: "answer", sdp }); // else given up since
}

// --- 5. What the server asks for -------------------------------------------------------------------------------

/**
 * Send the camera only as large as its tile, and not at all while nobody is shown it: no new offer is needed.
 *
 * @param {import("../protocol").NeededPicture | null} picture
 */
async function needed(picture) {
  const sender = connection?.getSenders().find((one) => one.track?.kind === "video");
  const parameters = sender?.getParameters();
  const encoding = parameters?.encodings[0];
  if (!sender || !parameters || !encoding) return;
  encoding.active = picture !== null;
  if (picture) {
    const { width = picture.width, height = picture.height } = sender.track?.getSettings() ?? {};
    const scale = Math.min(width / picture.width, height / picture.height);
    encoding.scaleResolutionDownBy = Math.max(1, 0.999999 * scale); // sizes may be cut, not rounded, to whole pixels
    encoding.maxBitrate = picture.bitrate;
    encoding.maxFramerate = picture.fps;
  }
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // closed meanwhile: the next connection is told anew
  }
}

/**
 * An element that the page must have.
 * @template {Element} T
 * @param {string} selector
 * @param {{ new (): T }} kind
 */
function find(selector, kind) {
  const node = document.querySelector(selector);
  if (!(node instanceof kind)) throw new Error(`no ${selector} in the page`);
  return node;
}
