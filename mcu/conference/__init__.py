"""WHO is there and what they may do: pure state machines on the standard library alone."""
