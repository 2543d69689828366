"""H.323: terminals, bridges and gatekeepers in their own words, from the bytes of TPKT and RAS to a leg with media."""
