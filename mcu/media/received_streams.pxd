# C types of received_streams.py.
cimport cython

from mcu.media.reception_statistics cimport ReceptionStatistics
from mcu.media.video_receiver cimport VideoReceiver

cdef int MAX_SOURCES


cdef class Sources:
    cdef readonly dict statistics
    cdef object _codecs

    @cython.locals(statistics=ReceptionStatistics)
    cdef count(self, packet, double now)


cdef class AudioStream:
    cdef readonly object codecs
    cdef readonly Sources sources
    cdef readonly object media_ssrc
    cdef readonly object receiver

    cpdef bint receive(self, packet, double now)
    cpdef bint end(self, ssrc)


cdef class VideoStream:
    cdef readonly object kind
    cdef readonly object codecs
    cdef readonly Sources sources
    cdef readonly object media_ssrc
    cdef readonly VideoReceiver receiver
    cdef dict _repaired_types
    cdef set _retired

    @cython.locals(payload=bytes)
    cpdef bint receive(self, packet, double now)
    cpdef bint end(self, ssrc)
    cdef bint _change_source(self, ssrc)


cdef class CountedStream:
    cdef readonly object kind
    cdef readonly object codecs
    cdef readonly Sources sources
    cdef readonly object media_ssrc

    cpdef bint receive(self, packet, double now)
    cpdef bint end(self, ssrc)
