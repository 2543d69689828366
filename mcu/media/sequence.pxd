# C types of sequence.py.
cimport cython


@cython.locals(span=cython.longlong, half=cython.longlong)  # a literal 1 would be a C int, and lose bit 32
cpdef long long distance(long long older, long long newer, int bits=*)


cdef class Unwrapper:
    cdef public long long highest
    cdef long long _half
    cdef long long _mask

    cpdef long long extend(self, long long value)
    cpdef long long peek(self, long long value)
