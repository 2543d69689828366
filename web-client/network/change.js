/** When it is worth looking at the connections: the network has come back or changed, or the page is seen again. */

/** @param {() => void} look */
export function onNetworkChange(look) {
  addEventListener("online", look);
  addEventListener("pageshow", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  // Not every browser has it: another network, or another kind of it.
  const connection = "connection" in navigator ? navigator.connection : null;
  if (connection instanceof EventTarget) connection.addEventListener("change", look);
}
