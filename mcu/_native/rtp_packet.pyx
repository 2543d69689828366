# cython: auto_pickle=False
"""One received RTP packet; rtp_packet.pyi describes it."""

cimport cython


@cython.freelist(256)
cdef class RtpPacket:
    def __init__(self, *, int payload_type, bint marker=False, int sequence_number=0, long long timestamp=0,
                 long long ssrc=0, bytes payload not None=b"", int audio_level=-1, bint voice=False,
                 int transport_sequence=-1, int absolute_send_time=-1, int orientation=-1, str mid=None,
                 double arrival=0.0, Py_ssize_t size=0, object transport=None, object owner=None):
        self.payload_type = payload_type
        self.marker = marker
        self.sequence_number = sequence_number
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.audio_level = audio_level
        self.voice = voice
        self.transport_sequence = transport_sequence
        self.absolute_send_time = absolute_send_time
        self.orientation = orientation
        self.mid = mid
        self.arrival = arrival
        self.size = size
        self.transport = transport
        self.owner = owner
