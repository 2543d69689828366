# C types of playout.py.
cimport cython

cdef long long SLACK_LOW
cdef long long SLACK_HIGH
cdef long long REST_HIGH
cdef double FIRST_BAR
cdef double LAST_BAR
cdef double BAR_STEP
cdef double QUIET
cdef int JOIN_SAMPLES
cdef int BLOCK_SAMPLES


cdef class Playout:
    cdef public long long end
    cdef readonly long long removed_samples
    cdef readonly long long inserted_samples
    cdef object _data
    cdef tuple _given
    cdef double _bar
    cdef double _next_stretch
    cdef bint _torn

    cpdef append(self, piece)
    cpdef take(self)
    cpdef clear(self)
    cpdef tear(self)

    @cython.locals(step=cython.longlong, rest=cython.longlong, slack=cython.longlong)
    cpdef bint off_target(self, long long excess, long long frame, double now)

    @cython.locals(step=cython.longlong, longer=cython.bint, quiet=cython.bint, length=cython.longlong,
                   similarity=cython.double)
    cpdef adapt(self, long long excess, long long frame, double now)

    @cython.locals(left=cython.longlong)
    cdef bint _may_remove(self, long long length, long long excess, long long step)
    cdef tuple _cut(self, long long excess, bint longer)
    cdef _recent(self)
    cdef _joined(self, piece)
