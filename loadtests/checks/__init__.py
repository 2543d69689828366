"""Judges of recordings: pure functions from what was received and sent to findings and figures."""
