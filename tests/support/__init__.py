"""Helpers shared by tests of several folders: a real server process, real browsers."""
