# C types of bandwidth_feedback.py.
cimport cython

from mcu.media.sequence cimport Unwrapper

cdef int TICKS_PER_SECOND


cdef class FeedbackReader:
    cdef readonly long long forgotten
    cdef Unwrapper _clock

    @cython.locals(shift=cython.longlong, base=cython.long, sequence=cython.long, packets=list, record=tuple,
                   came=tuple, index=cython.Py_ssize_t)
    cpdef list read(self, arrivals, sent_record)
