"""Measures the server against the bare codecs and against what one would use instead, on the same streams."""
