"""One HTML file of a run, without outside parts, that an official can read: what was asked, what came, what failed."""
