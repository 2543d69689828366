# C types of rtcp_allowance.py.
cimport cython

cdef double inf


@cython.final
cdef class Allowance:
    cdef double _per_second
    cdef double _most
    cdef double _left
    cdef double _counted

    cpdef bint take(self, long long units, double now) except -1
    cpdef owe(self, long long units)


@cython.final
cdef class RtcpAllowance:
    cdef readonly Allowance numbers
    cdef Allowance _work

    @cython.locals(position=cython.Py_ssize_t, size=cython.Py_ssize_t, parts=cython.int, most=cython.int)
    cpdef bint admits(self, bytes data, double now) except -1
