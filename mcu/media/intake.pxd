# C types of intake.py.
cimport cython

from mcu.media.received_streams cimport VideoStream
from mcu.media.transport_feedback cimport ArrivalRecorder

cdef int MAX_ROUTES
cdef double INTERVAL
cdef double inf


cdef class Intake:
    cdef dict _counters
    cdef readonly ArrivalRecorder arrivals
    cdef public double arrivals_due
    cdef readonly VideoStream stirred
    cdef dict _by_mid
    cdef dict _by_ssrc
    cdef dict _by_type

    @cython.locals(begun=cython.bint, sequence=cython.int)
    cpdef bint receive(self, packet, double now)
    cpdef find(self, ssrc)
    cdef _latch(self, ssrc, stream)
