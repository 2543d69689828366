# C types of transport_feedback.py.
cimport cython

from mcu.media.sequence cimport Unwrapper

cdef int TICKS_PER_BASE
cdef int PREFIX_OCTETS
cdef int SMALL_DELTA
cdef int LARGE_DELTA
cdef int RUN_MAX
cdef int ONE_BIT_SYMBOLS
cdef int TWO_BIT_SYMBOLS


cdef class ArrivalRecorder:
    cdef readonly long long dropped
    cdef Unwrapper _unwrapper
    cdef long long[::1] _held
    cdef Py_ssize_t _count
    cdef bint _in_order
    cdef long long _next
    cdef long long _number

    @cython.locals(held='long long[::1]', before=cython.longlong, number=cython.longlong, count=cython.Py_ssize_t)
    cpdef record(self, long long sequence, double now)

    @cython.locals(held='long long[::1]', count=cython.Py_ssize_t, at=cython.Py_ssize_t, end=cython.Py_ssize_t,
                   base=cython.longlong, last=cython.longlong, most=cython.longlong, feedback=list)
    cpdef list take(self)
    cdef _sort(self)


@cython.locals(size=cython.Py_ssize_t, at=cython.Py_ssize_t, reference=cython.longlong, previous=cython.longlong,
               ticks=cython.longlong, delta=cython.longlong, place=cython.Py_ssize_t, symbols=bytearray,
               deltas=bytearray, out=bytearray)
cdef bytes _encode(long long[::1] pairs, long long base, long long count, long long feedback)


cdef class Feedback:
    cdef public long base
    cdef public long count
    cdef public long number
    cdef public long long[::1] ticks

    @cython.locals(count=cython.long, reference=cython.longlong)
    cpdef read(self, bytes data)

    @cython.locals(ticks='long long[::1]', count=cython.long, size=cython.Py_ssize_t, position=cython.Py_ssize_t,
                   index=cython.long, chunk=cython.long, width=cython.int, shift=cython.int, end=cython.long)
    cdef Py_ssize_t _read_symbols(self, bytes data) except -1

    @cython.locals(ticks='long long[::1]', size=cython.Py_ssize_t, index=cython.long, symbol=cython.longlong,
                   missing=cython.longlong, delta=cython.longlong)
    cdef int _read_deltas(self, bytes data, Py_ssize_t position, long long clock) except -1


cpdef long status_count(bytes data) except -1


@cython.locals(position=cython.Py_ssize_t, end=cython.Py_ssize_t, run=cython.Py_ssize_t, width=cython.Py_ssize_t,
               index=cython.Py_ssize_t, chunk=cython.long, symbol=cython.int, bits=cython.int, shift=cython.int,
               last=cython.Py_ssize_t)
cdef int _pack_symbols(bytearray symbols, bytearray out) except -1
