/** Keeps the screen on during a meeting, as far as the browser and its battery allow. */

/** @typedef {import("./context.js").Context} Context */

/** @param {Context} context */
export function keepAwake(context) {
  const { signal } = context;
  if (!("wakeLock" in navigator)) return;
  let asked = false;
  const ask = async () => {
    if (asked || document.visibilityState !== "visible" || signal.aborted) return;
    asked = true;
    const lock = await request();
    asked = lock !== null;
    const release = () => void lock?.release();
    if (signal.aborted) release();
    signal.addEventListener("abort", release);
    lock?.addEventListener("release", () => {
      asked = false; // the browser takes it from a page that nobody sees
      signal.removeEventListener("abort", release);
    });
  };
  document.addEventListener("visibilitychange", () => void ask(), { signal });
  void ask();
}

async function request() {
  try {
    return await navigator.wakeLock.request("screen");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return null; // a low battery, or the person's own setting
  }
}
