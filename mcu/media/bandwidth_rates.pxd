# C types of bandwidth_rates.py.
cimport cython

from mcu.media.bandwidth_feedback cimport Acknowledged

cdef double NEVER
cdef int PACKET_FIELDS
cdef double WINDOW
cdef double USUAL
cdef double RTT_SMOOTHING
cdef double MAX_RTT
cdef int MAX_ENTRIES
cdef double inf


cdef class Rates:
    cdef readonly double throughput
    cdef readonly double sent
    cdef readonly double usual
    cdef readonly double rtt
    cdef readonly double newest
    cdef readonly double last
    cdef long _next
    cdef object _entries
    cdef double _seconds
    cdef double _sending
    cdef double _bits

    @cython.locals(elapsed=cython.double, sending=cython.double, gap=cython.bint, newest=cython.double,
                   usual=cython.double, values='double[::1]', first=cython.long, last=cython.long, place=cython.long,
                   index=cython.long)
    cpdef double add(self, Acknowledged packets, double size, double loss, double now) except? -1

    @cython.locals(oldest=tuple)
    cdef _enter(self, double now, double seconds, double sending, double bits)
