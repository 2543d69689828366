# C types of transit.py.
cimport cython

cdef int BINS
cdef double _BIN
cdef double QUANTILE
cdef double _GROWTH
cdef double _RESCALE


cdef class TransitHistogram:
    cdef double _anchor
    cdef double[:] _weights
    cdef readonly double _total
    cdef double _weight
    cdef int _top
    cdef double _below
    cdef int _strangers
    cdef double _last_stranger
    cdef readonly double target

    cdef _clear(self, double anchor)

    cpdef bint is_early(self, double transit)

    @cython.locals(index=cython.long)
    cpdef bint add(self, double transit, double now)

    @cython.locals(weight=cython.double)
    cdef bint _add_stranger(self, double transit, double now)

    @cython.locals(weights=list)
    cdef _lower(self, long bins)

    @cython.locals(wanted=cython.double, top=cython.int, below=cython.double, weight=cython.double)
    cdef _follow(self)

    @cython.locals(weights=list)
    cdef _rescale(self)
