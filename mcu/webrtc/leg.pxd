# C types of leg.py.
cimport cython

from mcu.media.receiver_line cimport ReceiverLine
from mcu.media.rtp_session cimport RtpSession

cdef double SILENT_SECONDS
cdef object CONNECTED
cdef object DISCONNECTED
cdef object CLOSED


@cython.final
cdef class WebRtcLeg:
    cdef readonly object id
    cdef readonly RtpSession session
    cdef readonly dict sent
    cdef readonly object audio_profile
    cdef readonly object transport
    cdef readonly object state
    cdef public double last_received
    cdef readonly ReceiverLine line
    cdef readonly object ice
    cdef readonly object dtls
    cdef object _description
    cdef object _network
    cdef object _driver
    cdef object _handler
    cdef double _created
    cdef double _paths_due
    cdef object _dtls_path
    cdef set _received
    cdef object __weakref__
    cdef dict __dict__  # for what is not asked for with every packet

    cpdef bint is_connected(self)
    cpdef double budget(self, double now, double least=*) except? -1
    cpdef pump(self, double now)

    @cython.locals(silence=cython.double)
    cpdef handle_timer(self, double now)

    @cython.locals(paths=cython.double, patience=cython.double)
    cpdef double next_timer(self) except? -1
