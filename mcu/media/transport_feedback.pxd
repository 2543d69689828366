# C types of transport_feedback.py.
cimport cython

from mcu.media.sequence cimport Unwrapper

cdef int TICKS_PER_BASE
cdef int NOT_RECEIVED
cdef int SMALL_DELTA
cdef int LARGE_DELTA
cdef int RUN_MAX
cdef int ONE_BIT_SYMBOLS
cdef int TWO_BIT_SYMBOLS


cdef class ArrivalRecorder:
    cdef readonly long long dropped
    cdef Unwrapper _unwrapper
    cdef dict _arrivals
    cdef long long _next
    cdef long long _number

    @cython.locals(arrivals=dict, before=cython.longlong, number=cython.longlong, ticks=cython.longlong)
    cpdef record(self, long long sequence, double now)

    @cython.locals(base=cython.longlong, last=cython.longlong, number=cython.longlong)
    cpdef list take(self)

    @cython.locals(first=cython.longlong, last=cython.longlong, base=cython.longlong)
    cdef tuple _span(self)


@cython.locals(first=cython.longlong, reference=cython.longlong, previous=cython.longlong, delta=cython.longlong,
               symbols=list, deltas=bytearray)
cdef bytes _encode(long base, arrivals, long feedback)


@cython.locals(base=cython.long, count=cython.long, word=cython.longlong, reference=cython.longlong,
               clock=cython.longlong, position=cython.Py_ssize_t, symbol=cython.int, symbols=list, ticks=list)
cpdef decode(bytes data)


@cython.locals(position=cython.Py_ssize_t, end=cython.Py_ssize_t, run=cython.Py_ssize_t, chunk=cython.long,
               symbol=cython.int, index=cython.int, value=cython.int, narrow=list, wide=list, chunks=bytearray)
cdef bytes _pack_symbols(list symbols)


@cython.locals(position=cython.Py_ssize_t, chunk=cython.long, shift=cython.int, symbols=list)
cdef tuple _unpack_symbols(bytes data, long count)
