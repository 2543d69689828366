# C types of intake.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.media.received_streams cimport ReceivedStream, VideoStream
from mcu.media.transport_feedback cimport ArrivalRecorder
from mcu.media.video_receiver cimport VideoReceiver

cdef double INTERVAL
cdef double inf


cdef class Intake:
    cdef dict _counters
    cdef readonly ArrivalRecorder arrivals
    cdef public double arrivals_due
    cdef public bint deadline_set
    cdef readonly VideoStream complete
    cdef dict _by_mid
    cdef dict _by_ssrc
    cdef dict _by_type
    cdef ReceivedStream _last
    cdef ReceivedStream _former
    cdef str _last_mid
    cdef str _former_mid

    @cython.locals(sequence=cython.int, stream=ReceivedStream, receiver=VideoReceiver)
    cpdef bint receive(self, RtpPacket packet, double now) except -1
    cpdef find(self, ssrc)

    @cython.locals(stream=ReceivedStream, mid=str)
    cdef ReceivedStream _route(self, RtpPacket packet)

    @cython.locals(before=ReceivedStream)
    cdef _latch(self, ssrc, ReceivedStream stream)
