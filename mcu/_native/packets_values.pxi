# What the packet path hands out: addresses, datagrams, RTCP and RTP packets. Part of packets.pyx.


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


@cython.final
@cython.freelist(256)
cdef class RtpPacket:
    cdef rtp_header header
    cdef readonly bytes payload
    cdef readonly double arrival
    cdef readonly Py_ssize_t size
    cdef readonly SrtpTransport transport

    @property
    def payload_type(self):
        return self.header.payload_type

    @property
    def marker(self):
        return self.header.marker

    @property
    def sequence_number(self):
        return self.header.sequence_number

    @property
    def timestamp(self):
        return self.header.timestamp

    @property
    def ssrc(self):
        return self.header.ssrc

    @property
    def audio_level(self):
        return self.header.values.audio_level

    @property
    def voice(self):
        return self.header.values.voice

    @property
    def transport_sequence(self):
        return self.header.values.transport_sequence

    @property
    def absolute_send_time(self):
        return self.header.values.absolute_send_time

    @property
    def orientation(self):
        return self.header.values.orientation

    @property
    def mid(self):
        if not self.header.values.mid_size:
            return None
        return self.header.values.mid[:self.header.values.mid_size].decode("ascii")


cdef RtpPacket _packet(const rtp_header *header, const uint8_t *payload, size_t payload_size, size_t size,
                       double arrival, SrtpTransport owner):
    cdef RtpPacket packet = RtpPacket.__new__(RtpPacket)
    packet.header = header[0]
    packet.payload = PyBytes_FromStringAndSize(<const char *>payload, <Py_ssize_t>payload_size)
    packet.size = <Py_ssize_t>size
    packet.arrival = arrival
    packet.transport = owner
    return packet


cdef object _received(const received *item, double now):
    """The Python object for what the receive path let through."""
    cdef Datagram datagram
    cdef Rtcp rtcp
    if item.kind == RECEIVED_RTP:
        return _packet(&item.header, item.data, item.size, item.wire_size, now, <SrtpTransport>item.transport.owner)
    data = PyBytes_FromStringAndSize(<const char *>item.data, <Py_ssize_t>item.size)
    if item.kind == RECEIVED_RTCP:
        rtcp = Rtcp.__new__(Rtcp)
        rtcp.transport = <SrtpTransport>item.transport.owner
        rtcp.data = data
        rtcp.arrival = now
        return rtcp
    datagram = Datagram.__new__(Datagram)
    datagram.data = data
    datagram.path = _path(&item.path)
    return datagram
