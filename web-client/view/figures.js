/** The figures of a line as rows of words and numbers, in the habits of a language. Pure. */

/** @typedef {import("./context.js").Key} Key */
/** @typedef {import("../state/line.js").Reading} Reading */
/** @typedef {{ key: Key, value: string }} Row an empty value is not known */

const LIMITS = /** @type {const} */ (["none", "bandwidth", "cpu", "other"]); // as browsers name them

/**
 * @param {readonly Reading[]} readings
 * @param {import("../state/app-state.js").Language} language
 * @param {(key: Key) => string} words of a key in this language
 * @returns {{ title: Key, rows: Row[] }[]} nothing before the first reading
 */
export function detailsOf(readings, language, words) {
  const now = readings.at(-1);
  if (!now) return [];
  const say = writer(language);
  const { camera, path, picture } = now;
  const own = camera ? say.picture(camera.width, camera.height, camera.fps, camera.codec) : "";
  const limit = LIMITS.find((one) => one === camera?.limit);
  const freezes = readings.reduce((total, reading) => total + reading.freezes, 0);
  return [
    {
      title: "line.path",
      rows: [
        { key: "line.protocol", value: [path.protocol.toUpperCase(), path.family].filter(Boolean).join(", ") },
        { key: "line.address", value: path.kind && words(`line.address.${path.kind}`) },
        { key: "line.roundTrip", value: say.time(now.roundTrip) },
      ],
    },
    {
      title: "line.receiving",
      rows: [
        { key: "line.rate", value: say.rate(now.down) },
        { key: "line.loss", value: say.share(now.lossDown) },
        { key: "line.missing", value: say.share(now.missing) },
        { key: "line.jitter", value: say.time(now.jitter) },
        { key: "line.buffered", value: say.time(now.buffered) },
        { key: "line.picture", value: say.picture(picture.width, picture.height, now.fps, picture.codec) },
        { key: "line.dropped", value: say.share(now.dropped) },
        { key: "line.freezes", value: say.count(freezes) },
      ],
    },
    {
      title: "line.sending",
      rows: [
        { key: "line.rate", value: say.rate(now.up) },
        { key: "line.loss", value: say.share(now.lossUp) },
        { key: "line.picture", value: own },
        { key: "line.limit", value: limit ? words(`line.limit.${limit}`) : "" },
      ],
    },
    {
      title: "line.computer",
      rows: [
        { key: "line.decoding", value: say.share(now.decoding) },
        { key: "line.busy", value: say.share(now.busy) },
      ],
    },
  ];
}

/** @param {import("../state/app-state.js").Language} language */
function writer(language) {
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const fine = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  return {
    /** @param {number | null} ms */
    time: (ms) => (ms === null ? "" : `${whole.format(ms)} ms`),
    /** @param {number} bits a second */
    rate: (bits) => (bits >= 1e6 ? `${fine.format(bits / 1e6)} Mbit/s` : `${whole.format(bits / 1e3)} kbit/s`),
    /** @param {number} part */
    share: (part) => percent.format(part),
    /** @param {number} number */
    count: (number) => whole.format(number),
    /** @param {number} width @param {number} height @param {number} fps @param {string} codec */
    picture: (width, height, fps, codec) =>
      width > 0 ? [`${width}×${height}`, `${whole.format(fps)} fps`, codec].filter(Boolean).join(", ") : "",
  };
}
