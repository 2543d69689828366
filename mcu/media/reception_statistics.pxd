# C types of reception_statistics.py.
cimport cython

from mcu.media.sequence cimport Unwrapper, distance


cdef class ReceptionStatistics:
    cdef readonly long long ssrc
    cdef readonly long long clock_rate
    cdef readonly long long received
    cdef readonly double arrived
    cdef readonly long long jumps
    cdef readonly object clock
    cdef Unwrapper _unwrapper
    cdef long long _base
    cdef long long _suspect
    cdef double _transit
    cdef long long _last_timestamp
    cdef double _jitter
    cdef long long _expected_before
    cdef long long _received_before
    cdef long long _last_sr
    cdef double _last_sr_arrival

    @cython.locals(unwrapper=Unwrapper, number=cython.longlong, ahead=cython.longlong, transit=cython.double,
                   before=cython.longlong, after=cython.longlong, step=cython.double)
    cpdef receive(self, long long sequence_number, long long timestamp, double now)
