"""ICE-lite, DTLS and SDP on one port: the leg of a browser or any other WebRTC stack."""
