"""Participants made of code: generated media and a light WebRTC client, for demo, benchmark and load tests."""
