"""Programs that do the server's work, or part of it, on the same streams; one process each."""
