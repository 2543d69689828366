# What the packet path hands out: addresses, datagrams, RTCP, and RTP packets of rtp_packet.pyx. Part of packets.pyx.


@cython.final
cdef class Path:
    cdef path path

    def __cinit__(self, str ip, object port, str local_ip=""):
        cdef uint32_t scope
        memset(&self.path, 0, sizeof(path))
        if not address_read(ip.encode(), &self.path.remote, &self.path.scope):
            raise ValueError(f"{ip!r} is not a numeric address")
        if local_ip and not address_read(local_ip.encode(), &self.path.local, &scope):
            raise ValueError(f"{local_ip!r} is not a numeric address")
        self.path.port = _check_range("port", port, 1, 65535)

    @property
    def ip(self):
        cdef char text[INET6_ADDRSTRLEN]
        address_write(&self.path.remote, text)
        return text.decode()

    @property
    def port(self):
        return self.path.port

    @property
    def local_ip(self):
        cdef char text[INET6_ADDRSTRLEN]
        if path_is_any_local(&self.path):
            return ""
        address_write(&self.path.local, text)
        return text.decode()

    def __hash__(self):
        return <Py_ssize_t>(path_hash(&self.path, _seed) >> 2)

    def __eq__(self, other):
        if not isinstance(other, Path):
            return NotImplemented
        return memcmp(&self.path, &(<Path>other).path, sizeof(path)) == 0

    def __str__(self):
        ip = self.ip
        return f"[{ip}]:{self.port}" if ":" in ip else f"{ip}:{self.port}"

    def __repr__(self):
        return f"<Path {self} at {self.local_ip or 'any'}>"


cdef Path _path(const path *source):
    cdef Path made = Path.__new__(Path, "::", 1)
    made.path = source[0]
    return made


@cython.final
cdef class Datagram:
    cdef readonly bytes data
    cdef readonly Path path


@cython.final
@cython.freelist(64)
cdef class Rtcp:
    cdef readonly SrtpTransport transport
    cdef readonly bytes data
    cdef readonly double arrival


cdef RtpPacket _packet(const rtp_header *header, const uint8_t *payload, size_t payload_size, size_t size,
                       double arrival, SrtpTransport transport):
    cdef RtpPacket packet = RtpPacket.__new__(RtpPacket)
    packet.payload_type = header.payload_type
    packet.marker = header.marker
    packet.sequence_number = header.sequence_number
    packet.timestamp = header.timestamp
    packet.ssrc = header.ssrc
    packet.payload = PyBytes_FromStringAndSize(<const char *>payload, <Py_ssize_t>payload_size)
    packet.audio_level = header.values.audio_level
    packet.voice = header.values.voice
    packet.transport_sequence = header.values.transport_sequence
    packet.absolute_send_time = header.values.absolute_send_time
    packet.orientation = header.values.orientation
    if header.values.mid_size:
        packet.mid = header.values.mid[:header.values.mid_size].decode("ascii")
    packet.arrival = arrival
    packet.size = <Py_ssize_t>size
    if transport is not None:
        packet.transport = transport
        packet.owner = transport.owner
    return packet


cdef object _received(const received *item, double now):
    """The Python object for what the receive path let through, read at `now`."""
    cdef Datagram datagram
    cdef Rtcp rtcp
    cdef double arrival = now - item.waited
    if item.kind == RECEIVED_RTP:
        return _packet(&item.header, item.data, item.size, item.wire_size, arrival, <SrtpTransport>item.transport.owner)
    data = PyBytes_FromStringAndSize(<const char *>item.data, <Py_ssize_t>item.size)
    if item.kind == RECEIVED_RTCP:
        rtcp = Rtcp.__new__(Rtcp)
        rtcp.transport = <SrtpTransport>item.transport.owner
        rtcp.data = data
        rtcp.arrival = arrival
        return rtcp
    datagram = Datagram.__new__(Datagram)
    datagram.data = data
    datagram.path = _path(&item.path)
    return datagram
