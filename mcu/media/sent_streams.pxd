# C types of sent_streams.py.

from mcu.media.rtcp cimport ReportBlock, SenderReport


cdef class SentStream:
    cdef readonly object kind
    cdef readonly object stream
    cdef readonly double fraction_lost
    cdef readonly double jitter
    cdef int _last_fir

    cpdef SenderReport report(self, double now, double wall_clock, tuple blocks)
    cpdef receive_block(self, ReportBlock block, double wall_clock)
    cpdef bint is_new_fir(self, int number)
