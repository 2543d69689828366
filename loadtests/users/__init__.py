"""Locust's users: the will of one participant each, in greenlets; media are in the agents."""
