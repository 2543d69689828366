"""The multipoint processor: bridges (a conference on a clock) and the control-protocol server."""
