# C types of gathering.py.


cdef class Gathering:
    cdef public bint active
    cdef readonly double seconds
    cdef long long _count
    cdef double _window_ends

    cpdef note(self, long long packets, double now)
