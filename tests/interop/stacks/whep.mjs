// Simple WHEP Server on a running Janus: {"janus": ws address, "port": of HTTP, "token": bearer, "streams": count}.
// Endpoint stream-N shows the mountpoint N. Ends with its stdin.
import { JanusWhepServer } from "janus-whep-server";

const { janus, port, token, streams } = JSON.parse(process.argv[2]);
const server = new JanusWhepServer({ janus: { address: janus }, rest: { port, basePath: "/whep" } });
await server.start();
for (let number = 1; number <= streams; number++) {
  server.createEndpoint({ id: `stream-${number}`, plugin: "streaming", mountpoint: number, token });
}
console.log("ready");
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
