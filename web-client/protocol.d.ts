// Made by `python -m mcu.signaling.schema` from mcu/signaling/protocol.py. Do not edit.

/** Chair: put rooms on the list, all or none of them, and call them. One that is there already may be renamed. */
export interface AddRooms {
  type: "add_rooms";
  rooms: NewRoom[];
  call?: boolean;
}

/** SDP answer to the last `offer`. */
export interface Answer {
  type: "answer";
  sdp: string;
}

/** Chair: call these rooms, or all that are on the list. Who is being called or connected is left alone. */
export interface CallRooms {
  type: "call_rooms";
  rooms?: string[];
}

/** A trickled ICE candidate (RFC 8838), with or without "a="; "" is end-of-candidates. */
export interface Candidate {
  type: "candidate";
  candidate: string;
}

/** Captioner: the line that is being typed, as it is now. `final`: it is complete, the next one begins. */
export interface Caption {
  type: "caption";
  text: string;
  final?: boolean;
}

/** A captioner's line as it is now, in place of the one before; after `final` the next one begins. */
export interface Captioned {
  type: "captioned";
  participant: string;
  text: string;
  final: boolean;
}

/** One line of chat to everybody. */
export interface Chat {
  type: "chat";
  text: string;
}

/** One line of chat. `name` and `office` are those of the writer at the time of writing. */
export interface ChatLine {
  /** Counts up from 1 in each conference */
  line: number;
  participant: string;
  name: string;
  office: string;
  text: string;
  /** UTC, ISO 8601 */
  at: string;
}

export interface ChatMessage {
  type: "chat_message";
  message: ChatLine;
}

export type ClientMessage = Enter | Resume | Offer | Candidate | SetSelf | Content | Layout | Lock | Chat | React | Caption | Moderate | AddRooms | CallRooms | HangUpRoom | RemoveRoom | SendKeys | End | Leave | Ping;

/** What a participant sees of the conference itself. */
export interface ConferenceView {
  id: string;
  title: string;
  number: string;
  locked: boolean;
  layout: LayoutChoice;
  /** Participant whose content is shown */
  content: string | null;
  picture: PictureSize;
}

/** Begin or stop showing own content stream. `sound`: own audio carries its sound, even while muted. */
export interface Content {
  type: "content";
  active: boolean;
  sound?: boolean;
}

/** Whose content is shown; null when nobody's. */
export interface ContentChanged {
  type: "content_changed";
  participant: string | null;
}

/** Chair: end the conference for everybody. */
export interface End {
  type: "end";
}

/** Over for this connection: do not reconnect by yourself. */
export interface Ended {
  type: "ended";
  reason: "conference-ended" | "left" | "lost" | "removed" | "superseded";
  message: Sentence;
}

/** First message: enter by link id, or by number and PIN. With the chair's key the role becomes chair. */
export interface Enter {
  type: "enter";
  /** Unguessable id in the link /c/<id> */
  conference?: string;
  /** Nine digits, to be told by telephone */
  number?: string;
  pin?: string;
  name: string;
  office?: string;
  role?: "attendee" | "viewer";
  /** As somebody typed it; of a wrong length it is a wrong key */
  chair_key?: string;
  language?: "en" | "ko";
  muted?: boolean;
  camera_off?: boolean;
}

/** Answer to `enter` and `resume`: the whole state; later messages change it. */
export interface Entered {
  type: "entered";
  conference: ConferenceView;
  you: You;
  participants: Participant[];
  /** The last 100 lines */
  chat: ChatLine[];
  ice_servers: IceServer[];
  resumed: boolean;
}

/** A message was refused; the connection stays unless a close follows. `for` is the type of the message. */
export interface Error {
  type: "error";
  code: string;
  message: Sentence;
  for?: string;
}

/** Chair: end the call to a room, or the waiting for it. */
export interface HangUpRoom {
  type: "hang_up_room";
  room: string;
}

/** As RTCIceServer in WebRTC; credentials are limited in time. */
export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

/** Chair: choose the layout of the composite. */
export interface Layout {
  type: "layout";
  choice: LayoutChoice;
}

export interface LayoutChanged {
  type: "layout_changed";
  choice: LayoutChoice;
}

/** A layout by name, with its data where the name is "custom". */
export interface LayoutChoice {
  name: "custom" | "grid" | "lecture" | "presentation" | "single" | "speaker";
  /** Small tiles beside the large one */
  strip: number;
  fit: "contain" | "cover";
  slots: Slot[];
  canvas: [number, number];
}

/** Leave for good; the secret is void afterwards. Answered by `ended`. */
export interface Leave {
  type: "leave";
}

/** Whose line is poor, by participant; `strained`: the server does less for pictures, for want of CPU. */
export interface Lines {
  type: "lines";
  poor: string[];
  strained: boolean;
}

/** Chair: a locked conference lets nobody new in; those who resume are let in. */
export interface Lock {
  type: "lock";
  locked: boolean;
}

export interface LockChanged {
  type: "lock_changed";
  locked: boolean;
}

/** The media connection is gone: make a new RTCPeerConnection and offer again. */
export interface MediaRestart {
  type: "media_restart";
  reason: string;
}

/** Chair: mute, unmute or remove a participant, or say who writes captions. "unmute" only lifts the chair's own mute. */
export interface Moderate {
  type: "moderate";
  participant: string;
  action: "appoint_captioner" | "dismiss_captioner" | "lower_hand" | "mute" | "remove" | "stop_content" | "unmute";
}

/** The most that is shown of a camera: a picture of this size, upright, and its rates. More is of no use. */
export interface NeededPicture {
  width: number;
  height: number;
  /** Pictures per second, at most */
  fps: number;
  /** Bits per second, at most */
  bitrate: number;
}

/** A room to be put on the list. */
export interface NewRoom {
  /** Numeric address, host##alias, alias@host, number, name */
  address: string;
  /** Empty: as the room calls itself */
  name: string;
  office: string;
}

/** SDP offer. `restart`: ICE restart of the running connection; otherwise a new connection replaces the old. */
export interface Offer {
  type: "offer";
  sdp: string;
  restart?: boolean;
}

/** One line of the roster. */
export interface Participant {
  participant: string;
  name: string;
  office: string;
  role: "attendee" | "chair" | "viewer";
  /** Place in the picture, from 1; 0 for a viewer */
  seat: number;
  /** Not heard, by whomever */
  muted: boolean;
  /** Only the chair can lift it */
  muted_by_chair: boolean;
  camera_off: boolean;
  /** Hand raised */
  hand: boolean;
  /** May write captions */
  captioner: boolean;
  presence: "connected" | "reconnecting";
  /** A room is a terminal, or a bridge with several */
  kind: "person" | "room";
  /** Names of the terminals behind a bridge */
  labels: string[];
}

/** The whole new line of the roster. */
export interface ParticipantChanged {
  type: "participant_changed";
  participant: Participant;
}

export interface ParticipantJoined {
  type: "participant_joined";
  participant: Participant;
}

export interface ParticipantLeft {
  type: "participant_left";
  participant: string;
  reason: "left" | "lost" | "removed";
}

/** What to send of the own camera from now on; null: nothing, until told otherwise. No new offer is needed. */
export interface PictureNeeded {
  type: "picture_needed";
  picture: NeededPicture | null;
}

/** The composite, in pixels and frames per second. */
export interface PictureSize {
  width: number;
  height: number;
  fps: number;
}

/** Answered by `pong`. */
export interface Ping {
  type: "ping";
}

/** Answer to `ping`. */
export interface Pong {
  type: "pong";
}

/** Show everybody a reaction for a moment. */
export interface React {
  type: "react";
  reaction: "applause" | "celebrate" | "good" | "smile" | "surprise" | "thanks";
}

/** Somebody shows a reaction, now; it is kept nowhere. */
export interface Reacted {
  type: "reacted";
  participant: string;
  reaction: "applause" | "celebrate" | "good" | "smile" | "surprise" | "thanks";
}

/** Chair: take a room off the list, and out of the conference. */
export interface RemoveRoom {
  type: "remove_room";
  room: string;
}

/** First message after a break: the same participant again. Answered by `entered`. */
export interface Resume {
  type: "resume";
  /** `entered.conference.id` */
  conference: string;
  participant: string;
  secret: string;
}

/** One line of the list of rooms. */
export interface Room {
  room: string;
  /** As it was typed */
  address: string;
  /** As listed; may be empty */
  name: string;
  office: string;
  /** What the room calls itself; empty until it has said so */
  said: string;
  state: "calling" | "connected" | "ended" | "entering" | "idle" | "redialling" | "ringing";
  /** Why the last call ended; empty before the end */
  reason: "" | "address-invalid" | "address-unknown" | "address-unreachable" | "busy" | "conference-ended" | "connection-lost" | "declined" | "gatekeeper-password" | "gatekeeper-refused" | "gatekeeper-silent" | "hung-up" | "no-answer" | "no-bandwidth" | "no-gatekeeper" | "not-allowed" | "not-found" | "nothing-in-common" | "ports-taken" | "protocol-error" | "replaced" | "resources" | "timed-out" | "unreachable";
  /** Who the room is in the roster; empty until it is there */
  participant: string;
  /** `reason` in words */
  message?: Sentence;
}

/** To chairs, where rooms can be called: the whole list, after `entered` and after each change. */
export interface Rooms {
  type: "rooms";
  rooms: Room[];
}

/** Chair: press keys at a room that is in the conference, as for the menu of a bridge. */
export interface SendKeys {
  type: "send_keys";
  participant: string;
  /** At most 32 of 0 to 9, *, # and A to D, in their order */
  keys: string;
}

/** One sentence for people, in both languages. */
export interface Sentence {
  ko: string;
  en: string;
}

export type ServerMessage = Welcome | Entered | Answer | ParticipantJoined | ParticipantChanged | ParticipantLeft | LayoutChanged | LockChanged | Tiles | Speaker | Lines | PictureNeeded | ContentChanged | ChatMessage | Reacted | Captioned | Rooms | MediaRestart | Error | Ended | Pong;

/** Own microphone, camera and hand; what is left out stays. */
export interface SetSelf {
  type: "set_self";
  muted?: boolean;
  camera_off?: boolean;
  hand?: boolean;
}

/** One rectangle of a custom layout on its logical canvas, and who may stand in it. */
export interface Slot {
  x: number;
  y: number;
  width: number;
  height: number;
  holds: "content" | "rolling" | "seat" | "speaker";
  /** With holds="seat": its number, from 1 */
  seat: number;
}

/** The dominant speaker, and everybody who is audible now. */
export interface Speaker {
  type: "speaker";
  speaker: string | null;
  speaking: string[];
}

/** Where one participant stands in the composite, in pixels of the composite. */
export interface Tile {
  participant: string;
  x: number;
  y: number;
  width: number;
  height: number;
  content: boolean;
}

/** Who stands where in the composite; `revision` counts up. */
export interface Tiles {
  type: "tiles";
  revision: number;
  layout: string;
  width: number;
  height: number;
  tiles: Tile[];
}

/** First message on a connection. */
export interface Welcome {
  type: "welcome";
  protocol: string;
  server: string;
}

/** What only the participant is told. `secret` opens `resume`; it never belongs in a URL. */
export interface You {
  participant: string;
  secret: string;
  role: "attendee" | "chair" | "viewer";
  seat: number;
}
