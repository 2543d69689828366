# C types of received_streams.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.media.reception_statistics cimport ReceptionStatistics
from mcu.media.video_receiver cimport VideoReceiver

cdef int MAX_SOURCES
cdef int MAX_FORMER
cdef double QUIET_SECONDS
cdef int PACKETS_IN_A_ROW


cdef class Sources:
    cdef readonly dict statistics
    cdef public long long kept
    cdef object _codecs
    cdef ReceptionStatistics _newest

    @cython.locals(statistics=ReceptionStatistics)
    cdef count(self, RtpPacket packet, double now)
    cdef forget(self, ssrc)
    cdef ReceptionStatistics _find(self, RtpPacket packet)


cdef class ReceivedStream:
    cdef readonly object kind
    cdef readonly object codecs
    cdef readonly Sources sources
    cdef readonly long long media_ssrc
    cdef public long long latched
    cdef int _known_type

    cpdef bint receive(self, RtpPacket packet, double now) except -1
    cpdef bint end(self, ssrc) except -1


cdef class AudioStream(ReceivedStream):
    cdef readonly object receiver  # tests have one of their own

    cpdef bint receive(self, RtpPacket packet, double now) except -1


cdef class VideoStream(ReceivedStream):
    cdef readonly VideoReceiver receiver
    cdef object _repair_types
    cdef dict _repaired_types
    cdef dict _former
    cdef list _waiting
    cdef long long _received_before

    @cython.locals(repair=cython.bint)
    cpdef bint receive(self, RtpPacket packet, double now) except -1
    cpdef bint end(self, ssrc) except -1

    @cython.locals(payload=bytes, payload_type=cython.int, sequence_number=cython.longlong, repair=cython.bint)
    cdef _take(self, RtpPacket packet, double now)

    @cython.locals(current=ReceptionStatistics)
    cdef bint _hear_another(self, RtpPacket packet, double now) except -1
    cdef _change_source(self, ssrc, double now)


cdef class CountedStream(ReceivedStream):
    cpdef bint receive(self, RtpPacket packet, double now) except -1
