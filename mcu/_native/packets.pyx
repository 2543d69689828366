# cython: auto_pickle=False
"""Python's view of the packet path; packets.pyi describes it, the packets_*.c files do it.

Nothing here touches packet bytes except to copy them into or out of Python objects.
"""

cimport cython
from cpython.array cimport array
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from libc.string cimport memcmp, memcpy, memset

from mcu._native.rtp_packet cimport RtpPacket

import os

from mcu.errors import ProtocolError

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ORIENTATION = "urn:3gpp:video-orientation"
ABSOLUTE_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_SEQUENCE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

KEY_SIZES = {"AEAD_AES_128_GCM": 28, "AEAD_AES_256_GCM": 44, "AES_CM_128_HMAC_SHA1_80": 30}
MAX_DATAGRAM = UDP_MAX_RECEIVED
MAX_PAYLOAD = 1280 - 40 - 8 - RTP_MAX_HEADER - 2 - 16  # IPv6, UDP, RTP, RTX's sequence number, the longest tag
BATCH = UDP_BATCH

_EXTENSIONS = {
    AUDIO_LEVEL: RTP_EXTENSION_AUDIO_LEVEL,
    MID: RTP_EXTENSION_MID,
    ORIENTATION: RTP_EXTENSION_ORIENTATION,
    ABSOLUTE_SEND_TIME: RTP_EXTENSION_ABSOLUTE_SEND_TIME,
    TRANSPORT_SEQUENCE: RTP_EXTENSION_TRANSPORT_SEQUENCE,
}

cdef enum:
    # Packets from which on a call lets go of the GIL: below, taking it back can cost more than all the work.
    RELEASE_FROM = 8

cdef uint64_t _seed = int.from_bytes(os.urandom(8), "little") | 1
cdef bint _in_use = False

if srtp_init() != 0:
    raise ImportError("libsrtp refused to start")


cdef bint _works(str profile) except -1:
    """Whether OpenSSL, or libsrtp for SHA1-80, has the ciphers of `profile`."""
    cdef transport trial
    cdef srtp_suite suite
    cdef bytes keys = bytes(KEY_SIZES[profile])
    works = srtp_suite_known(profile.encode(), &suite) and transport_open(&trial, suite, keys, keys)
    transport_close(&trial)
    return works


PROFILES = tuple(profile for profile in KEY_SIZES if _works(profile))


cdef int _begin() except -1:
    """Buffers and streams belong to one call at a time, also while it has let go of the GIL."""
    global _in_use
    if _in_use:
        raise RuntimeError("the packet path is in use by another thread")
    _in_use = True
    return 0


cdef void _end() noexcept:
    global _in_use
    _in_use = False


cdef int _check_idle() except -1:
    if _in_use:
        raise RuntimeError("the packet path is in use by another thread")
    return 0


cdef object _check_range(str name, object value, long long lowest, long long highest):
    if not lowest <= value <= highest:
        raise ValueError(f"{name} is {value}, not within {lowest} to {highest}")
    return value


cdef dict _counters(const uint64_t *values, const char *const *names, int count):
    return {names[i].decode(): values[i] for i in range(count)}


cdef int _read_ids(object received, rtp_received_ids *ids) except -1:
    memset(ids, 0, sizeof(ids[0]))
    for uri, identifier in received.items():
        if uri in _EXTENSIONS:
            ids.kind[<int>_check_range("extension id", identifier, 1, 255)] = _EXTENSIONS[uri]
    return 0


cdef int _sent_ids(object sent, rtp_sent_ids *ids) except -1:
    memset(ids, 0, sizeof(ids[0]))
    for uri, identifier in sent.items():
        if uri in _EXTENSIONS and _check_range("extension id", identifier, 1, 255) <= 14:
            ids.id[<int>_EXTENSIONS[uri]] = identifier
    return 0


cdef int _set_mid(str mid, char *out) except -1:
    cdef bytes encoded = mid.encode("ascii")
    _check_range("length of mid", len(encoded), 0, RTP_MAX_MID)
    memcpy(out, PyBytes_AS_STRING(encoded), len(encoded))
    return <int>len(encoded)


include "packets_values.pxi"


@cython.final
cdef class MediaSocket:
    cdef udp_receiver *receiver
    cdef udp_sender *sender
    cdef received_batch *batch
    cdef path_table table
    cdef unsigned last_batch
    cdef dict bound

    def __cinit__(self, int fd, *, object max_paths=4096):
        self.bound = {}
        self.receiver = <udp_receiver *>PyMem_Calloc(1, sizeof(udp_receiver))
        self.sender = <udp_sender *>PyMem_Calloc(1, sizeof(udp_sender))
        self.batch = <received_batch *>PyMem_Calloc(1, sizeof(received_batch))
        limit = _check_range("max_paths", max_paths, 1, 1 << 20)
        if not self.receiver or not self.sender or not self.batch or not path_table_open(&self.table, limit):
            raise MemoryError
        if not udp_open(self.receiver, self.sender, fd):
            raise ValueError(f"file descriptor {fd} is not a UDP socket")

    def __dealloc__(self):
        path_table_close(&self.table)
        PyMem_Free(self.receiver)
        PyMem_Free(self.sender)
        PyMem_Free(self.batch)

    def receive(self, double now):
        cdef unsigned i, count
        _begin()
        try:
            if self.last_batch < RELEASE_FROM:
                count = receive_batch(self.receiver, self.sender, &self.table, self.batch)
            else:
                with nogil:
                    count = receive_batch(self.receiver, self.sender, &self.table, self.batch)
            self.last_batch = count
            return [_received(&self.batch.item[i], now) for i in range(count)]
        finally:
            _end()

    def send(self, bytes data not None, Path path not None):
        _check_idle()
        return udp_send(self.sender, <const uint8_t *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), &path.path)

    def bind(self, Path path not None, SrtpTransport transport):
        _check_idle()
        if not path_table_put(&self.table, &path.path, NULL if transport is None else &transport.transport):
            self.sender.counters[UDP_PATHS_REFUSED] += 1
            return False
        self.bound[path] = transport
        return True

    def unbind(self, Path path not None):
        _check_idle()
        path_table_remove(&self.table, &path.path)
        self.bound.pop(path, None)

    @property
    def drained(self):
        return bool(self.receiver.drained)

    @property
    def paths(self):
        return self.table.used

    @property
    def counters(self):
        return _counters(self.sender.counters, udp_counter_names, UDP_COUNTERS)


@cython.final
cdef class SrtpTransport:
    cdef transport transport
    cdef readonly str profile
    cdef public object owner
    cdef MediaSocket socket
    cdef object write
    cdef set sent_ssrcs

    def __cinit__(self, str profile not None, bytes receive_key not None, bytes send_key not None):
        cdef srtp_suite suite
        if not srtp_suite_known(profile.encode(), &suite):
            raise ValueError(f"unknown SRTP profile {profile!r}")
        cdef Py_ssize_t size = <Py_ssize_t>srtp_suite_key_size(suite)
        if len(receive_key) != size or len(send_key) != size:
            raise ValueError(f"{profile or 'plain RTP'} takes keys of {size} bytes")
        if not transport_open(&self.transport, suite, receive_key, send_key):
            raise ValueError(f"no library here does {profile}")
        self.transport.owner = <void *>self
        self.profile = profile
        self.sent_ssrcs = set()

    def __dealloc__(self):
        transport_close(&self.transport)

    cdef int claim(self, object ssrc) except -1:
        """Another stream of that SSRC would use the nonces of the first again."""
        if ssrc in self.sent_ssrcs:
            raise ValueError(f"SSRC {ssrc} was sent under these keys")
        self.sent_ssrcs.add(ssrc)
        return 0

    def set_extensions(self, received, sent):
        cdef rtp_received_ids received_ids
        cdef rtp_sent_ids sent_ids
        _check_idle()
        _read_ids(received, &received_ids)
        _sent_ids(sent, &sent_ids)
        if sent_ids.id[RTP_EXTENSION_TRANSPORT_SEQUENCE] and not transport_record_sent(&self.transport):
            raise MemoryError
        self.transport.received_ids = received_ids
        self.transport.sent_ids = sent_ids

    def select(self, MediaSocket socket not None, Path path not None):
        _check_idle()
        if not udp_can_reach(socket.sender, &path.path):
            raise ValueError(f"{path} cannot be reached over IPv4")
        self.socket = socket
        self.write = None
        self.transport.sender = socket.sender
        self.transport.path = path.path

    def select_stream(self, write not None):
        self.deselect()
        self.write = write

    def deselect(self):
        _check_idle()
        self.transport.sender = NULL
        self.socket = None
        self.write = None

    def receive_datagram(self, bytes data not None, double now):
        cdef received item
        cdef packet_scratch scratch
        _check_idle()
        if not 2 <= PyBytes_GET_SIZE(data) <= UDP_MAX_RECEIVED:
            self.transport.counters[TRANSPORT_MALFORMED] += 1
            return None
        memcpy(scratch.data, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        item.waited = 0
        if receive_protected(&self.transport, scratch.data, PyBytes_GET_SIZE(data), &item) >= 0:
            return None
        return _received(&item, now)

    def send_rtcp(self, bytes data not None):
        cdef udp_sender *sender = self.transport.sender
        cdef packet_scratch scratch
        cdef size_t size = _check_range("length of RTCP", len(data), 8, SEND_MAX_PAYLOAD)
        cdef uint64_t before
        _check_idle()
        if self.socket is None and self.write is None:
            self.transport.counters[TRANSPORT_SENT_NOWHERE] += 1
            return False
        cdef uint8_t *out = udp_slot(sender) if sender else scratch.data
        memcpy(out, PyBytes_AS_STRING(data), size)
        if not transport_protect(&self.transport, out, &size, True):
            self.transport.counters[TRANSPORT_SEND_FAILURES] += 1
            return False
        self.transport.counters[TRANSPORT_SENT] += 1
        self.transport.counters[TRANSPORT_SENT_OCTETS] += size
        if not sender:
            return self.write_all([PyBytes_FromStringAndSize(<char *>out, <Py_ssize_t>size)]) == 1
        before = sender.left
        udp_queue(sender, size, &self.transport.path, &self.transport.counters[TRANSPORT_SEND_FAILURES])
        udp_flush(sender)
        return sender.left - before == 1

    cdef int write_all(self, list packets) except -1:
        """Give packets to the byte stream; how many it took. `write` may deselect it at any of them."""
        cdef int written = 0
        for packet in packets:
            if self.write is not None and self.write(packet):
                written += 1
            else:
                self.transport.counters[TRANSPORT_SEND_FAILURES] += 1
        return written

    def sent_records(self, base, Py_ssize_t count, array into not None):
        cdef uint16_t sequence = base & 0xffff
        cdef double *out = into.data.as_doubles
        cdef Py_ssize_t _i
        if into.ob_descr.typecode != c"d" or not 0 <= count <= len(into) // 4:
            raise ValueError(f"no room for {count} records")
        for _i in range(count):
            out[0] = sequence
            out[2] = transport_find_sent(&self.transport, sequence, &out[1])
            sequence += 1
            out += 4

    @property
    def transport_sequence(self):
        return self.transport.transport_sequence

    @property
    def counters(self):
        return _counters(self.transport.counters, transport_counter_names, TRANSPORT_COUNTERS)


include "packets_streams.pxi"


def parse_rtp(bytes data not None, extensions=None, double arrival=0.0):
    cdef rtp_received_ids ids
    cdef rtp_header header
    cdef const uint8_t *payload
    cdef size_t payload_size
    _read_ids(extensions or {}, &ids)
    if not rtp_parse(<const uint8_t *>PyBytes_AS_STRING(data), len(data), &ids, &header, &payload, &payload_size):
        raise ProtocolError(f"not an RTP packet: {len(data)} bytes")
    return _packet(&header, payload, payload_size, len(data), arrival, None)


def build_rtp(bytes payload not None, *, payload_type, sequence_number, timestamp, ssrc, bint marker=False,
              extensions=None, str mid not None="", transport_sequence=-1, absolute_send_time=-1, audio_level=-1,
              bint voice=False, orientation=-1):
    cdef rtp_sent_ids ids
    cdef rtp_header header
    cdef uint8_t out[RTP_MAX_HEADER]
    _sent_ids(extensions or {}, &ids)
    header.payload_type = _check_range("payload_type", payload_type, 0, 127)
    header.sequence_number = _check_range("sequence_number", sequence_number, 0, 0xffff)
    header.timestamp = _check_range("timestamp", timestamp, 0, 0xffffffff)
    header.ssrc = _check_range("ssrc", ssrc, 0, 0xffffffff)
    header.marker = marker
    rtp_clear_values(&header.values)
    header.values.transport_sequence = _check_range("transport_sequence", transport_sequence, -1, 0xffff)
    header.values.absolute_send_time = _check_range("absolute_send_time", absolute_send_time, -1, 0xffffff)
    header.values.audio_level = <int16_t>_check_range("audio_level", audio_level, -1, 127)
    header.values.orientation = <int16_t>_check_range("orientation", orientation, -1, 359)
    header.values.voice = voice
    header.values.mid_size = _set_mid(mid, header.values.mid)
    cdef size_t size = rtp_write_header(out, &header, &ids)
    return out[:size] + payload
