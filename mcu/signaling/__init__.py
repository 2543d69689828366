"""The doors of the MC: the JSON protocol over WebSocket, WHIP and WHEP, REST, static files."""
