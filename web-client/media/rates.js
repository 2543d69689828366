/** How many bits a second come and go, measured by the clock of this page. Null where it could not be told. */

const RECEIVE_MS = 700;
const SETTLED_MS = 200; // of receiving: before that TCP is still finding out what the line carries
const SIZES = [16_384, 65_536, 262_144, 524_288]; // bytes sent one after the other, until one takes long enough to tell
const TELLING_MS = 200;
const GIVE_UP_MS = 2_500;

/**
 * @param {(signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>} receive
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} bit/s
 */
export async function download(receive, signal) {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP_MS)]);
  /** @type {{ at: number, bytes: number }[]} */
  const seen = [];
  try {
    const reader = (await receive(limited)).getReader();
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      seen.push({ at: performance.now(), bytes });
      if (seen.length > 1 && performance.now() - (seen[0]?.at ?? 0) > RECEIVE_MS) break;
    }
    await reader.cancel();
  } catch (error) {
    if (!excused(error)) throw error;
  }
  return rateOf(seen);
}

/**
 * @param {(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<void>} send
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>} bit/s
 */
export async function upload(send, signal) {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(GIVE_UP_MS)]);
  const noise = new Uint8Array(SIZES.at(-1) ?? 0);
  for (let at = 0; at < noise.length; at += 65_536) crypto.getRandomValues(noise.subarray(at, at + 65_536));
  /** @type {number | null} */
  let rate = null;
  let size = 0;
  try {
    await send(noise.slice(0, 1), limited); // opens the connection
    const asked = performance.now();
    await send(noise.slice(0, 1), limited);
    const trip = performance.now() - asked;
    for (size of SIZES) {
      const begin = performance.now();
      await send(noise.slice(0, size), limited);
      const spent = Math.max(performance.now() - begin - trip, 1);
      rate = (size * 8_000) / spent;
      if (spent > TELLING_MS) break;
    }
  } catch (error) {
    if (!excused(error)) throw error;
    // What did not arrive in time says that the line is no faster than this.
    if (rate === null && size > 0 && limited.aborted && !signal.aborted) return (size * 8_000) / GIVE_UP_MS;
  }
  return rate;
}

/**
 * The rate after the beginning; of everything when it was over that soon.
 *
 * @param {readonly { at: number, bytes: number }[]} seen bytes so far, at milliseconds
 */
export function rateOf(seen) {
  const first = seen[0];
  const last = seen.at(-1);
  if (!first || !last || last.at <= first.at) return null;
  const settled = seen.find((one) => one.at - first.at >= SETTLED_MS);
  const from = settled && last.at - settled.at >= SETTLED_MS ? settled : first;
  return ((last.bytes - from.bytes) * 8_000) / (last.at - from.at);
}

/** Fetching that fails or is given up is a result. @param {unknown} error */
function excused(error) {
  return error instanceof DOMException || error instanceof TypeError;
}
