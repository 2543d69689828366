"""Hot loops in Cython and C: batched packets with SRTP, picture planes, audio samples, Opus."""
