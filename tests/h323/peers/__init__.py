"""Real H.323 stacks that tests call and are called by: Debian's, in roots that tools/h323-peers makes."""
