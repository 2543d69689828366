/** The last lines of captions. Pure. */

/** @typedef {{ line: number, participant: string, text: string, final: boolean }} CaptionLine `line` counts up */

const KEPT = 3; // lines; what is older has been read

/**
 * @param {readonly CaptionLine[]} lines
 * @param {{ participant: string, text: string, final: boolean }} caption in place of the same writer's unfinished line
 * @returns {readonly CaptionLine[]}
 */
export function addCaption(lines, { participant, text, final }) {
  const index = lines.findIndex((one) => one.participant === participant && !one.final);
  const changed = { line: lines[index]?.line ?? (lines.at(-1)?.line ?? 0) + 1, participant, text, final };
  if (text === "") return index < 0 ? lines : lines.filter((one) => one.line !== changed.line);
  return index < 0 ? [...lines, changed].slice(-KEPT) : lines.with(index, changed);
}

/** Whether anybody writes captions now. @param {import("./meeting.js").Meeting | null} meeting */
export function isCaptioned(meeting) {
  return meeting?.participants.some((one) => one.captioner && one.presence === "connected") ?? false;
}
