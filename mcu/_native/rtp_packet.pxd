# The fields of a packet, for whoever reads them without going through Python.


cdef class RtpPacket:
    cdef readonly int payload_type
    cdef readonly bint marker
    cdef readonly int sequence_number
    cdef readonly long long timestamp
    cdef readonly long long ssrc
    cdef readonly bytes payload
    cdef readonly int audio_level
    cdef readonly bint voice
    cdef readonly int transport_sequence
    cdef readonly int absolute_send_time
    cdef readonly int orientation
    cdef readonly str mid
    cdef readonly double arrival
    cdef readonly Py_ssize_t size
    cdef readonly object transport
    cdef readonly object owner
