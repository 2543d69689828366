/** Messages of the protocol for tests. */

/**
 * @param {string} id
 * @param {Partial<import("../protocol").Participant>} [changes]
 * @returns {import("../protocol").Participant}
 */
export function participant(id, changes = {}) {
  return {
    participant: id,
    name: "이준호",
    office: "중구청장",
    role: "attendee",
    seat: 1,
    muted: false,
    muted_by_chair: false,
    camera_off: false,
    hand: false,
    captioner: false,
    presence: "connected",
    kind: "person",
    labels: [],
    ...changes,
  };
}

/** @returns {import("../protocol").Entered} */
export function entered() {
  return {
    type: "entered",
    conference: {
      id: "c1",
      title: "정례회의",
      number: "123456789",
      locked: false,
      layout: { name: "grid", strip: 5, fit: "cover", slots: [], canvas: [1920, 1080] },
      content: null,
      picture: { width: 1280, height: 720, fps: 25 },
    },
    you: { participant: "you", secret: "a-secret-of-sixteen", role: "attendee", seat: 1 },
    participants: [participant("you", { name: "나", office: "" }), participant("b")],
    chat: [],
    ice_servers: [],
    resumed: false,
  };
}

/**
 * @param {number} number
 * @param {string} who
 * @returns {import("../protocol").ChatLine}
 */
export function line(number, who) {
  return { line: number, participant: who, name: "이준호", office: "", text: "안녕하세요", at: "2026-11-21T01:00:00Z" };
}
