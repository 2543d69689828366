"""Rooms and bridges that speak H.323 as participants: sockets of call control, who may call, dialling in and out."""
