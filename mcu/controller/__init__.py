"""The multipoint controller: which conferences exist, which MP carries each, and keeping MPs alive."""
