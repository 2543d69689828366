# C types of endpoint.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.webrtc.alarm cimport Alarm
from mcu.webrtc.gathering cimport Gathering
from mcu.webrtc.leg cimport WebRtcLeg

cdef object CONNECTED
cdef object CLOSED


cdef class Endpoint:
    cdef readonly object port
    cdef readonly object addresses
    cdef readonly dict legs
    cdef object _clock
    cdef readonly object _certificate
    cdef long long _unvalidated
    cdef long long _dtls_dropped
    cdef public long long _failures
    cdef object _listener
    cdef dict _touched
    cdef bint _awake
    cdef object _closing
    cdef readonly Gathering _gathering
    cdef readonly object _reading
    cdef readonly double _hurry_until
    cdef readonly object _udp
    cdef object _loop
    cdef object _media
    cdef object _routes
    cdef object _door
    cdef readonly Alarm _alarm
    cdef object _tasks
    cdef object _tasks_done

    @cython.locals(now=cython.double, count=cython.longlong, items=list)
    cpdef bint _read(self) except -1

    @cython.locals(leg=WebRtcLeg, stirred=cython.bint)
    cdef _receive_rtp(self, RtpPacket packet, double now)

    @cython.locals(leg=WebRtcLeg, stirred=cython.bint)
    cdef _receive_rtcp(self, item, double now)
    cdef _touch_by_media(self, WebRtcLeg leg)
    cdef _receive_plain(self, data, path, double now)

    @cython.locals(now=cython.double, leg=WebRtcLeg)
    cpdef _settle(self)
