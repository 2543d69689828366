"""A conferencing server and multipoint control unit: one mixed picture and one mix-minus sound per conference."""

__version__ = "0.1.0"
