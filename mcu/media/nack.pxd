# C types of nack.py.
cimport cython


cdef class Missing:
    cdef public double noticed
    cdef public double due
    cdef public int requests
    cdef public double last_request


cdef class NackList:
    cdef public double next_due
    cdef int _max_requests
    cdef dict _missing

    cpdef Missing arrive(self, long long number)
    cpdef forget_before(self, long long number)

    @cython.locals(missing=Missing)
    cpdef double oldest(self)
