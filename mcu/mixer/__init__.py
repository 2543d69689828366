"""WHAT is seen and heard: layouts, compositor, audio mixer, active speaker. Frames in, frames out."""
