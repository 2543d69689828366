# C types of bandwidth_feedback.py.
cimport cython

from mcu.media.sequence cimport Unwrapper
from mcu.media.transport_feedback cimport Feedback

cdef double TICKS_PER_SECOND


cdef class Acknowledged:
    cdef public long count
    cdef readonly object numbers
    cdef readonly double[::1] values

    cpdef make_room(self, long count)
    cpdef list packets(self)


cdef class FeedbackReader:
    cdef readonly long long forgotten
    cdef Unwrapper _clock
    cdef Feedback _feedback
    cdef Acknowledged _packets

    @cython.locals(feedback=Feedback, packets=Acknowledged, ticks='long long[::1]', values='double[::1]',
                   count=cython.long, index=cython.long, shift=cython.longlong, shifted=cython.bint,
                   at=cython.longlong, read=cython.long, place=cython.long, fields=cython.long,
                   never=cython.double, missing=cython.longlong)
    cpdef Acknowledged read(self, bytes data, records)
