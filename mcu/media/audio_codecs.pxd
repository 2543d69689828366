# C types of audio_codecs.py.
cimport cython


cdef class AudioEncoder:
    cdef readonly object profile
    cdef readonly int clock_rate
    cdef readonly int samples_per_packet
    cdef object _coder

    cpdef bytes encode(self, block)

    @cython.locals(other=AudioEncoder)
    cpdef AudioEncoder fork(self)
    cpdef restart(self, previous)


cdef class _OpusCoder:
    cdef readonly int clock_rate
    cdef object _encoder

    cpdef bytes encode(self, block)
    cpdef fork(self)
    cpdef restart(self, previous)
    cpdef set_network(self, int bitrate, double packet_loss)
