/** RTCStatsReport, in every browser's dialect, as a sample of the line. Pure. */

/** @typedef {import("./lines.js").Kind} Kind */
/** @typedef {import("../state/line.js").Sample} Sample */
/** @typedef {Record<string, any>} Stat */
/** @typedef {ReadonlyMap<string, Stat>} Report RTCStatsReport is one */

const MS = 1_000; // seconds are what browsers count in

/**
 * @param {Report} report
 * @param {ReadonlyMap<string, Kind>} kinds by mid
 * @param {Pick<Sample, "at" | "connection" | "busy" | "wanted">} known
 * @returns {Sample}
 */
export function sampleOf(report, kinds, known) {
  /** @type {Sample} */
  const sample = {
    ...known,
    path: pathOf(report),
    arriving: { audio: null, main: null, content: null },
    leaving: { audio: null, main: null, content: null },
  };
  for (const stat of report.values()) {
    if (stat.type === "inbound-rtp") sample.arriving[kindOf(stat, kinds)] ??= arriving(stat, report);
    if (stat.type === "outbound-rtp") sample.leaving[kindOf(stat, kinds)] ??= leaving(stat, report);
  }
  return sample;
}

/** @param {Stat} stat @param {ReadonlyMap<string, Kind>} kinds @returns {Kind} */
function kindOf(stat, kinds) {
  return kinds.get(stat.mid) ?? (stat.kind === "audio" ? "audio" : "main");
}

/** @param {Stat} stat @param {Report} report @returns {import("../state/line.js").Arriving} */
function arriving(stat, report) {
  return {
    packets: count(stat.packetsReceived),
    lost: count(stat.packetsLost),
    bytes: count(stat.bytesReceived) + count(stat.headerBytesReceived),
    jitter: milliseconds(stat.jitter),
    waited: count(stat.jitterBufferDelay) * MS,
    emitted: count(stat.jitterBufferEmittedCount),
    samples: count(stat.totalSamplesReceived),
    concealed: Math.max(0, count(stat.concealedSamples) - count(stat.silentConcealedSamples)),
    decoded: count(stat.framesDecoded),
    dropped: count(stat.framesDropped),
    decoding: count(stat.totalDecodeTime) * MS,
    freezes: count(stat.freezeCount),
    frozen: count(stat.totalFreezesDuration) * MS,
    width: count(stat.frameWidth),
    height: count(stat.frameHeight),
    codec: codecOf(stat, report),
  };
}

/** @param {Stat} stat @param {Report} report @returns {import("../state/line.js").Leaving} */
function leaving(stat, report) {
  const seen = [...report.values()].find((one) => one.type === "remote-inbound-rtp" && one.localId === stat.id);
  return {
    packets: count(stat.packetsSent),
    bytes: count(stat.bytesSent) + count(stat.headerBytesSent),
    lost: count(seen?.packetsLost),
    roundTrip: milliseconds(seen?.roundTripTime),
    frames: count(stat.framesEncoded),
    width: count(stat.frameWidth),
    height: count(stat.frameHeight),
    limit: String(stat.qualityLimitationReason ?? ""),
    codec: codecOf(stat, report),
  };
}

/** @param {Report} report @returns {import("../state/line.js").Path} */
function pathOf(report) {
  const stats = [...report.values()];
  const transport = stats.find((stat) => stat.type === "transport" && stat.selectedCandidatePairId);
  const pair =
    (transport && report.get(transport.selectedCandidatePairId)) ??
    stats.find((stat) => stat.type === "candidate-pair" && (stat.selected || stat.nominated));
  const own = report.get(pair?.localCandidateId);
  const remote = report.get(pair?.remoteCandidateId);
  const address = String(remote?.address ?? remote?.ip ?? "");
  return {
    protocol: own?.protocol ?? "",
    kind: own?.candidateType ?? "",
    family: address === "" ? "" : address.includes(":") ? "IPv6" : "IPv4",
    roundTrip: milliseconds(pair?.currentRoundTripTime),
    carries: typeof pair?.availableOutgoingBitrate === "number" ? pair.availableOutgoingBitrate : null,
  };
}

/** @param {Stat} stat @param {Report} report */
function codecOf(stat, report) {
  return String(report.get(stat.codecId)?.mimeType ?? "").replace(/^\w+\//, "");
}

/** @param {unknown} value */
function count(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** @param {unknown} seconds */
function milliseconds(seconds) {
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * MS : null;
}
