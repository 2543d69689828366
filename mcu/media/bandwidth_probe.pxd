# C types of bandwidth_probe.py.

from mcu.media.bandwidth_feedback cimport Acknowledged

cdef double inf


cdef class Prober:
    cdef readonly dict counters
    cdef readonly object result
    cdef object _probe
    cdef long long _target
    cdef long long _screened
    cdef double _begin
    cdef double _end
    cdef double _ended
    cdef double _next
    cdef double _screen_wait
    cdef double _wait
    cdef double _climbed
    cdef double _refused
    cdef double _next_high
    cdef long long _refused_target
    cdef double _standing
    cdef list _packets
    cdef long _first
    cdef long _after

    cpdef wanted(self, long long target, double carried, double standing, double now)
    cpdef bint sending(self, double now)
    cpdef bint shadow(self, double rtt, double now)
    cpdef long long observe(self, Acknowledged acknowledged, double base, double queue, double own_loss) except? -1
    cpdef handle_timer(self, double rtt, double now)
    cpdef fell(self, double now)
    cpdef retry(self, double now)
