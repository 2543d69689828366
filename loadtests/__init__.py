"""Load tests: locust's users drive synthetic participants, which check what they see and hear."""
