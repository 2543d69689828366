"""Frames, codecs and the RTP receive and send path that every kind of leg shares."""
