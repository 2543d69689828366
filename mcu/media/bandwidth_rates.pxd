# C types of bandwidth_rates.py.
cimport cython

cdef double WINDOW
cdef double USUAL
cdef double RTT_SMOOTHING
cdef double MAX_RTT
cdef double inf


cdef class Rates:
    cdef readonly double throughput
    cdef readonly double sent
    cdef readonly double usual
    cdef readonly double rtt
    cdef readonly double newest
    cdef readonly double last
    cdef object _next
    cdef object _entries

    @cython.locals(elapsed=cython.double, sending=cython.double, seconds=cython.double, gap=cython.bint,
                   newest=cython.double, bits=cython.double, usual=cython.double)
    cpdef double add(self, packets, size, double loss, double now) except? -1
