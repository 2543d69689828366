# C types of nack.py.
cimport cython


cdef class Missing:
    cdef public double noticed
    cdef public double since
    cdef public double due
    cdef public int requests
    cdef public double last_request


cdef class NackList:
    cdef public double next_due
    cdef readonly double tolerance
    cdef double _tolerance_set
    cdef int _max_requests
    cdef dict _missing

    cpdef Missing arrive(self, long long number)
    cpdef overtaken(self, double late, double now)
    cpdef lost(self, double now)
    cpdef forget_before(self, long long number)

    @cython.locals(missing=Missing)
    cpdef double oldest(self)

    @cython.locals(halves=cython.double)
    cdef double _tolerance_at(self, double now)
