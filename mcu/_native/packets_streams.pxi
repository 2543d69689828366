# Sending: one SSRC with its repairs, and the fan-out over many. Part of packets.pyx.


@cython.final
cdef class SendStream:
    cdef send_stream stream
    cdef readonly SrtpTransport transport

    def __cinit__(self, SrtpTransport transport not None, *, object ssrc, object payload_type, object clock_rate,
                  str mid not None="", object rtx_ssrc=0, object rtx_payload_type=0, object history=512):
        self.stream.ssrc = _check_range("ssrc", ssrc, 0, 0xffffffff)
        self.stream.rtx_ssrc = _check_range("rtx_ssrc", rtx_ssrc, 0, 0xffffffff)
        self.stream.payload_type = _check_range("payload_type", payload_type, 0, 127)
        self.stream.rtx_payload_type = _check_range("rtx_payload_type", rtx_payload_type, 0, 127)
        self.stream.clock_rate = _check_range("clock_rate", clock_rate, 1, 1_000_000)
        self.stream.mid_size = _set_mid(mid, self.stream.mid)
        self.stream.transport = &transport.transport
        self.transport = transport
        if not send_stream_open(&self.stream, _check_range("history", history, 0, SEND_MAX_HISTORY)):
            raise MemoryError
        if transport.profile:
            transport.claim(ssrc)
            if rtx_ssrc:
                transport.claim(rtx_ssrc)

    def __dealloc__(self):
        send_stream_close(&self.stream)

    @property
    def ssrc(self):
        return self.stream.ssrc

    @property
    def rtx_ssrc(self):
        return self.stream.rtx_ssrc

    @property
    def payload_type(self):
        return self.stream.payload_type

    @property
    def clock_rate(self):
        return self.stream.clock_rate

    @property
    def mid(self):
        return self.stream.mid[:self.stream.mid_size].decode("ascii")

    @property
    def sequence_number(self):
        return self.stream.sequence_number

    @property
    def timestamp_offset(self):
        return self.stream.timestamp_offset

    @property
    def last_timestamp(self):
        return self.stream.last_timestamp

    @property
    def last_sent(self):
        return self.stream.last_sent

    @property
    def packets(self):
        return self.stream.packets

    @property
    def octets(self):
        return self.stream.octets

    @property
    def resent(self):
        return self.stream.resent

    @property
    def rtx_octets(self):
        return self.stream.rtx_octets

    def resend(self, sequence_numbers, double now):
        cdef tuple wanted = tuple(sequence_numbers)
        cdef Py_ssize_t i, count = len(wanted)
        cdef uint16_t *numbers
        cdef packet_scratch scratch
        cdef size_t size
        if self.transport.socket is None and self.transport.write is None:
            self.transport.transport.counters[TRANSPORT_SENT_NOWHERE] += count
            return 0
        numbers = <uint16_t *>PyMem_Malloc(max(1, count) * sizeof(uint16_t))
        if not numbers:
            raise MemoryError
        packets = []
        try:
            for i in range(count):
                numbers[i] = wanted[i] & 0xffff
            _check_idle()
            if self.transport.socket is not None:
                return send_repeats(&self.stream, numbers, count, now)
            for i in range(count):
                size = send_stream_repeat(&self.stream, numbers[i], now, scratch.data)
                if size:
                    packets.append(PyBytes_FromStringAndSize(<char *>scratch.data, <Py_ssize_t>size))
        finally:
            PyMem_Free(numbers)
        return self.transport.write_all(packets)


def send(payloads, *, timestamp, streams, double now, bint marker_last=True, int audio_level=-1, bint voice=False):
    cdef tuple parts = tuple(payloads), targets = tuple(streams)
    cdef Py_ssize_t part_count = len(parts), target_count = len(targets), i
    cdef departure leaving
    cdef uint64_t sent = 0
    cdef payload *views = NULL
    cdef send_stream **ports = NULL
    cdef list written
    leaving.now = now
    leaving.timestamp = timestamp & 0xffffffff
    leaving.marker_last = marker_last
    leaving.voice = voice
    leaving.audio_level = <int16_t>_check_range("audio_level", audio_level, -1, 127)
    if not parts or not targets:
        return 0
    _begin()
    try:
        views = <payload *>PyMem_Calloc(part_count, sizeof(payload))
        ports = <send_stream **>PyMem_Calloc(target_count, sizeof(send_stream *))
        if not views or not ports:
            raise MemoryError
        for i in range(part_count):
            part = <bytes?>parts[i]
            views[i].size = _check_range("length of payload", len(part), 1, SEND_MAX_PAYLOAD)
            views[i].data = <const uint8_t *>PyBytes_AS_STRING(part)
        for i in range(target_count):
            ports[i] = &(<SendStream?>targets[i]).stream
        if part_count * target_count < RELEASE_FROM:
            sent = send_fan_out(ports, target_count, views, part_count, &leaving)
        else:
            with nogil:
                sent = send_fan_out(ports, target_count, views, part_count, &leaving)
        written = [
            ((<SendStream>target).transport, _build_all(<SendStream>target, views, part_count, &leaving))
            for target in targets if (<SendStream>target).transport.socket is None
        ]
    finally:
        if views:
            for i in range(part_count):
                payload_release(views[i].kept)
        PyMem_Free(views)
        PyMem_Free(ports)
        _end()
    for owner, packets in written:
        sent += (<SrtpTransport>owner).write_all(packets)
    return sent


def send_each(sendings, *, double now):
    cdef tuple parts = tuple(sendings), each
    cdef Py_ssize_t count = len(parts), ports_needed = 0, i, at = 0
    cdef uint64_t sent = 0
    cdef sending *views = NULL
    cdef send_stream **ports = NULL
    cdef list targets = [tuple(streams) for _, _, streams in parts], written = []
    for streams in targets:
        ports_needed += len(<tuple>streams)
    if not ports_needed:
        return 0
    _begin()
    try:
        views = <sending *>PyMem_Calloc(count, sizeof(sending))
        ports = <send_stream **>PyMem_Calloc(ports_needed, sizeof(send_stream *))
        if not views or not ports:
            raise MemoryError
        for i in range(count):
            each = <tuple?>parts[i]
            part = <bytes?>each[0]
            views[i].payload.size = _check_range("length of payload", len(part), 1, SEND_MAX_PAYLOAD)
            views[i].payload.data = <const uint8_t *>PyBytes_AS_STRING(part)
            views[i].departure.now = now
            views[i].departure.timestamp = each[1] & 0xffffffff
            views[i].departure.audio_level = -1
            views[i].streams = &ports[at]
            for target in <tuple>targets[i]:
                ports[at] = &(<SendStream?>target).stream
                at += 1
            views[i].stream_count = &ports[at] - views[i].streams
        if ports_needed < RELEASE_FROM:
            sent = native_send_each(views, count)
        else:
            with nogil:
                sent = native_send_each(views, count)
        for i in range(count):
            for target in <tuple>targets[i]:
                if (<SendStream>target).transport.socket is None:
                    packets = _build_all(<SendStream>target, &views[i].payload, 1, &views[i].departure)
                    written.append(((<SendStream>target).transport, packets))
    finally:
        if views:
            for i in range(count):
                payload_release(views[i].payload.kept)
        PyMem_Free(views)
        PyMem_Free(ports)
        _end()
    for owner, packets in written:
        sent += (<SrtpTransport>owner).write_all(packets)
    return sent


cdef list _build_all(SendStream target, payload *views, Py_ssize_t count, const departure *leaving):
    """The packets of a stream that goes over TCP; none when it goes nowhere."""
    cdef packet_scratch scratch
    cdef Py_ssize_t i
    cdef size_t size
    packets = []
    if target.transport.write is None:
        target.transport.transport.counters[TRANSPORT_SENT_NOWHERE] += count
        return packets
    for i in range(count):
        marker = leaving.marker_last and i + 1 == count
        size = send_stream_build(&target.stream, &views[i], leaving, marker, scratch.data)
        if size:
            packets.append(PyBytes_FromStringAndSize(<char *>scratch.data, <Py_ssize_t>size))
    return packets
