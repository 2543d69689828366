"""A conferencing server and multipoint control unit: one mixed picture and one mix-minus sound per conference."""

from mcu import compiled

__version__ = "0.1.0"

SOURCES_RUN_BECAUSE = compiled.choose()  # "" when the compiled modules run
