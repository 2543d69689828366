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
cdef int ENTRY_FIELDS
cdef double inf


cdef class Rates:
    cdef readonly double throughput
    cdef readonly double sent
    cdef readonly double usual
    cdef readonly double rtt
    cdef readonly double newest
    cdef readonly double last
    cdef long _next
    cdef double[::1] _entries
    cdef long _oldest
    cdef long _count
    cdef double _seconds
    cdef double _sending
    cdef double _bits

    @cython.locals(elapsed=cython.double, sending=cython.double, gap=cython.bint, newest=cython.double,
                   usual=cython.double, values='double[::1]', first=cython.long, last=cython.long, place=cython.long,
                   index=cython.long)
    cpdef double add(self, Acknowledged packets, double size, double loss, double now) except? -1

    @cython.locals(entries='double[::1]', oldest=cython.long, count=cython.long, at=cython.long)
    cdef _enter(self, double now, double seconds, double sending, double bits)
