"""The process that carries participants: `python -m loadtests.agent SOCKET`."""
