/** Which browser this is, as far as its way to allow a camera differs. Pure. */

/** @typedef {"chrome" | "firefox" | "safari" | "android" | "ios"} Browser "chrome": and its relatives on a computer */

/**
 * @param {string} userAgent
 * @param {number} touchPoints tablets of Apple call themselves computers
 * @returns {Browser}
 */
export function browserOf(userAgent, touchPoints) {
  if (/iPhone|iPad|iPod/.test(userAgent)) return "ios";
  if (/Macintosh/.test(userAgent) && touchPoints > 1) return "ios";
  if (/Android/.test(userAgent)) return "android";
  if (/Firefox\//.test(userAgent)) return "firefox";
  if (/Chrome\/|Chromium\/|Edg\//.test(userAgent)) return "chrome";
  return /Safari\//.test(userAgent) ? "safari" : "chrome";
}
