/** How loud a track is, for a meter. */

const FLOOR_DB = -60; // shown as nothing; a quiet room is near it
const EVERY_MS = 50;

/**
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} onLevel 0 to 1, linear in decibels above the floor
 * @returns {() => void} stop
 */
export function meter(track, onLevel) {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const wake = () => void awake(context); // a page without a gesture yet may start with a sleeping context
  document.addEventListener("pointerdown", wake, { once: true });
  document.addEventListener("keydown", wake, { once: true });
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    onLevel(levelOf(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    document.removeEventListener("pointerdown", wake);
    document.removeEventListener("keydown", wake);
    source.disconnect();
    void context.close();
  };
}

/** One that is closed meanwhile need not wake any more. @param {AudioContext} context */
async function awake(context) {
  try {
    await context.resume();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** @param {Float32Array} samples in [-1, 1] */
export function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(Math.max(1 - decibels / FLOOR_DB, 0), 1);
}
