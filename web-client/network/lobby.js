/** What the server tells before anybody enters, over HTTP. An older or busy server refuses, which is no error. */

const SDP = "application/sdp";

/**
 * What is written over the door of a link.
 *
 * @param {string} conference the link's id
 * @returns {Promise<string>} "" when it is not told
 */
export async function titleOf(conference) {
  try {
    const answer = await fetch("/lobby", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ conference }),
      cache: "no-store",
    });
    const told = answer.ok ? await answer.json() : {};
    return typeof told.title === "string" ? told.title : "";
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return "";
    throw error;
  }
}

/**
 * @param {string} offer SDP
 * @param {AbortSignal} signal
 * @returns {Promise<{ outcome: "answered", sdp: string, relay: boolean } | { outcome: "refused" } |
 *   { outcome: "unreachable" }>}
 */
export async function connect(offer, signal) {
  try {
    const headers = { "content-type": SDP };
    const answer = await fetch("/lobby/line", { method: "POST", headers, body: offer, cache: "no-store", signal });
    if (!answer.ok || answer.headers.get("content-type") !== SDP) return { outcome: "refused" };
    const relay = (answer.headers.get("link") ?? "").includes("turn");
    return { outcome: "answered", sdp: await answer.text(), relay };
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return { outcome: "unreachable" };
    throw error;
  }
}

/** @param {AbortSignal} signal @returns {Promise<ReadableStream<Uint8Array>>} throws TypeError when refused */
export async function receive(signal) {
  const answer = await fetch("/lobby/bytes", { cache: "no-store", signal });
  if (!answer.ok || !answer.body) throw new TypeError(`refused with ${answer.status}`);
  return answer.body;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {AbortSignal} signal throws TypeError when refused */
export async function send(bytes, signal) {
  const answer = await fetch("/lobby/bytes", { method: "POST", body: bytes, cache: "no-store", signal });
  await answer.arrayBuffer();
  if (!answer.ok) throw new TypeError(`refused with ${answer.status}`);
}
