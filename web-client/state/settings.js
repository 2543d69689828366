/** What a person has set for good, besides devices and language; kept between visits. */

/** @typedef {"small" | "medium" | "large"} CaptionSize */

/**
 * @typedef {object} Settings
 * @property {boolean} noiseSuppression
 * @property {boolean} echoCancellation
 * @property {boolean} autoGainControl
 * @property {boolean} singleKeys whether Space lets talk while it is held, and "?" shows the shortcuts
 * @property {boolean} captions whether captions are shown
 * @property {CaptionSize} captionSize
 * @property {boolean} captionsSpoken whether screen readers read them out
 */

/** @type {Readonly<Settings>} */
export const DEFAULT_SETTINGS = {
  noiseSuppression: true,
  echoCancellation: true,
  autoGainControl: true,
  singleKeys: true,
  captions: true,
  captionSize: "medium",
  captionsSpoken: false, // whoever listens to a screen reader hears the meeting as well
};

/** The settings among other things that are remembered. @param {Settings} remembered @returns {Settings} */
export function settingsOf(remembered) {
  const { noiseSuppression, echoCancellation, autoGainControl } = remembered;
  const { singleKeys, captions, captionSize, captionsSpoken } = remembered;
  return { noiseSuppression, echoCancellation, autoGainControl, singleKeys, captions, captionSize, captionsSpoken };
}
