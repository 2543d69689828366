/** A short, friendly sound, to hear whether the loudspeaker works and is the right one. */

const NOTES = [
  { frequency: 523.25, at: 0 }, // C5, E5, G5: a chord that opens note by note
  { frequency: 659.26, at: 0.22 },
  { frequency: 783.99, at: 0.44 },
];
const LOUDNESS = 0.16; // of each note; three together stay below half
const FADE_SECONDS = 1.5; // of a note to silence
const WHOLE_MS = 2_100;

/**
 * Play it through a loudspeaker. An element plays it, for Firefox and older browsers cannot send a context elsewhere.
 *
 * @param {string} speaker device id, "" for the system's own
 * @param {AbortSignal} signal stops it
 * @returns {Promise<boolean>} false when nothing can be played there
 */
export async function playTone(speaker, signal) {
  const context = new AudioContext();
  const audio = new Audio();
  try {
    const out = context.createMediaStreamDestination();
    audio.srcObject = out.stream;
    if (speaker && "setSinkId" in audio) await audio.setSinkId(speaker);
    await context.resume();
    await audio.play();
    for (const note of NOTES) strike(context, out, note.frequency, context.currentTime + 0.05 + note.at);
    await over(signal);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  } finally {
    audio.pause();
    audio.srcObject = null;
    await context.close();
  }
}

/** @param {AudioContext} context @param {AudioNode} out @param {number} frequency @param {number} at seconds */
function strike(context, out, frequency, at) {
  const oscillator = new OscillatorNode(context, { frequency });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + FADE_SECONDS);
  oscillator.connect(gain).connect(out);
  oscillator.start(at);
  oscillator.stop(at + FADE_SECONDS);
}

/** @param {AbortSignal} signal @returns {Promise<void>} */
function over(signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, WHOLE_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
    if (signal.aborted) resolve();
  });
}
