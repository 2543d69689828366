/** The picture in a small window of its own, above other programs; only where the browser has that. */

/** @typedef {import("./context.js").Context} Context */

export function canFloat() {
  return document.pictureInPictureEnabled === true;
}

/** @param {HTMLElement} root of the page */
export async function toggleFloating(root = document.body) {
  if (document.pictureInPictureElement) return void (await document.exitPictureInPicture());
  const video = root.querySelector(/** @type {"video"} */ ("video[data-composite]"));
  if (video) await float(video);
  return undefined;
}

/**
 * Tell the state, and let a new composite take the small window over from the one before.
 *
 * @param {Context} context
 * @param {HTMLElement} stage
 */
export function followFloating(context, stage) {
  for (const type of ["enterpictureinpicture", "leavepictureinpicture"]) {
    stage.addEventListener(type, () => context.actions.float(document.pictureInPictureElement !== null));
  }
  context.signal.addEventListener("abort", () => context.actions.float(false));
}

/** @param {readonly HTMLVideoElement[]} before @param {HTMLVideoElement} now */
export async function handOver(before, now) {
  if (before.some((video) => video === document.pictureInPictureElement)) await float(now);
}

/** @param {HTMLVideoElement} video */
async function float(video) {
  try {
    await video.requestPictureInPicture();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // no picture yet, or the browser forbids it: all stays as it is
  }
}
