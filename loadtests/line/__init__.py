"""Runs over a bad line: the server at its near end, agents at either, and weather that changes while they meet."""
