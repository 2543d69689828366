# C types of keyframe_requests.py.

cdef double BACKOFF
cdef double inf


cdef class KeyframeRequests:
    cdef readonly long long sent
    cdef readonly double due
    cdef double _last
    cdef double _interval
    cdef int _unanswered

    cpdef need(self, double now)
    cpdef satisfy(self)
    cpdef begin(self, double now)
    cpdef bint take_due(self, double now, double rtt)
    cdef _answered(self)
