# cython: auto_pickle=False
"""What is done with most packets of a leg without making a Python object of them; fast_path.pyi describes it."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.math cimport INFINITY, fabs
from libc.string cimport memcmp, memcpy, memmove

cdef enum:
    MAX_DROPOUT = 3000  # numbers; RFC 3550 appendix A.1: a larger jump needs a second packet to be believed
    TICKS = 4000  # of arrival times in a second: 250 microseconds
    GAP = 5000  # arrivals; also numbers that they may jump, which is a new start and not loss
    MAX_PIECES = 64  # packets of a frame; a picture between keyframes has one to ten, larger ones go the usual way
    MAX_OCTETS = 65536  # of a frame's payloads
    FIRST_ROOM = 4096
    MAX_ROUTES = 8  # streams of a leg with their payload types: sound, picture, shared screen, and changes of each
    MAX_MID = 16

# VP8 payload descriptor, RFC 7741 section 4.2: X, S with PID; then I, L, T, K; then M; then P of the payload header.
cdef enum:
    EXTENDED = 0x80
    START_AND_PARTITION = 0x17
    START = 0x10
    HAS_PICTURE_ID = 0x80
    HAS_LAYERS = 0x60
    HAS_KEY_INDEX = 0x10
    LONG_PICTURE_ID = 0x80
    INTER_FRAME = 0x01


MAX_GAP = GAP
TICKS_PER_SECOND = TICKS


cdef inline int64_t _extended(int64_t highest, uint16_t value) noexcept:
    """The nearest number to the highest, as mcu.media.sequence.Unwrapper has it."""
    if highest < 0:
        return 0x10000 + value
    return highest + <int16_t>(<uint16_t>(value - <uint16_t>highest))


cdef class SourceCount:
    def __init__(self, long long ssrc, long long clock_rate):
        self.ssrc = ssrc
        self.clock_rate = clock_rate
        self.base = self.highest = self.suspect = self.last_timestamp = -1

    cpdef receive(self, int sequence_number, long long timestamp, double now):
        self.count(<uint16_t>sequence_number, <uint32_t>timestamp, now)

    cdef void count(self, uint16_t sequence_number, uint32_t timestamp, double now) noexcept:
        cdef int64_t number = _extended(self.highest, sequence_number)
        cdef int64_t ahead = number - self.highest
        cdef double transit
        if self.base < 0:
            self.start(sequence_number)
        elif not -MAX_DROPOUT < ahead < MAX_DROPOUT:
            if sequence_number != self.suspect:
                self.suspect = <uint16_t>(sequence_number + 1)
                return
            self.jumps += 1
            self.start(sequence_number)
        elif ahead > 0:
            self.highest = number
        self.received += 1
        if timestamp != self.last_timestamp:  # only the first packet of a picture tells of transit
            transit = now * self.clock_rate - timestamp
            if self.last_timestamp >= 0:
                self.deviation += (fabs(<double><int32_t><uint32_t>(<int64_t>transit - <int64_t>self.transit))
                                   - self.deviation) / 16
            self.transit = transit
            self.last_timestamp = timestamp

    cdef void start(self, uint16_t sequence_number) noexcept:
        self.base = self.highest = 0x10000 + sequence_number
        self.received = self.expected_before = self.received_before = 0
        self.suspect = self.last_timestamp = -1

    @property
    def expected(self):
        return self.highest - self.base + 1 if self.base >= 0 else 0


cdef class ArrivalLog:
    def __cinit__(self):
        self.due = INFINITY
        self.highest = self.covered = -1

    def __dealloc__(self):
        PyMem_Free(self.held)

    @property
    def pending(self):
        return self.count > 0

    cpdef record(self, long long sequence, double now):
        self.note(<uint16_t>sequence, now)

    cdef int note(self, uint16_t sequence, double now) except -1:
        cdef int64_t before = self.highest
        cdef int64_t number = _extended(before, sequence)
        if number > before:
            self.highest = number
        if before >= 0 and not -GAP < number - before < GAP:
            self.dropped += self.count
            self.count = 0
            self.highest = self.covered = number
        if self.count >= GAP:
            self.dropped += 1
            return 0
        return self.enter(number, <int64_t>(now * TICKS))

    cdef int enter(self, int64_t number, int64_t ticks) except -1:
        """Keep them in the order of their numbers; of two with one number the first."""
        cdef Py_ssize_t place = self.count
        cdef arrival *more
        while place > 0 and self.held[place - 1].number >= number:
            place -= 1
        if place < self.count and self.held[place].number == number:
            return 0
        if self.count == self.room:
            more = <arrival *>PyMem_Realloc(self.held, (2 * self.room + 32) * sizeof(arrival))
            if not more:
                raise MemoryError
            self.held = more
            self.room = 2 * self.room + 32
        memmove(&self.held[place + 1], &self.held[place], (self.count - place) * sizeof(arrival))
        self.held[place].number = number
        self.held[place].ticks = ticks
        self.count += 1
        return 0

    def take_span(self, Py_ssize_t most):
        cdef int64_t base, last, number
        cdef Py_ssize_t taken = 0
        if not self.count:
            return None
        base = last = self.held[0].number
        if base < self.covered:  # late ones: only themselves, so that nothing reported before is contradicted
            while (last - base + 1 < self.count and last + 1 < self.covered
                   and self.held[last - base + 1].number == last + 1):
                last += 1
            last = min(last, base + most - 1)
        else:
            if self.covered >= 0 and base - self.covered < most // 2:
                base = self.covered
            last = min(self.held[self.count - 1].number, base + most - 1)
        ticks = []
        for number in range(base, last + 1):
            if taken < self.count and self.held[taken].number == number:
                ticks.append(self.held[taken].ticks)
                taken += 1
            else:
                ticks.append(None)
        self.count -= taken
        memmove(self.held, &self.held[taken], self.count * sizeof(arrival))
        self.covered = max(self.covered, last + 1)
        return base, ticks


@cython.final
@cython.freelist(64)
cdef class WholeFrame:
    pass


@cython.final
cdef class FrameRun:
    def __dealloc__(self):
        PyMem_Free(self.octets)

    def __len__(self):
        return self.count

    def arm(self, long long number):
        self.armed = True
        self.next = number & 0xffff

    def disarm(self):
        """No more packets; those that it has, oldest first, as (number, timestamp, payload, orientation)."""
        cdef int i
        cdef uint32_t position = 0
        cdef list taken = []
        self.armed = False
        for i in range(self.count):
            taken.append((
                (self.next - self.count + i) & 0xffff,
                self.timestamp,
                PyBytes_FromStringAndSize(<char *>&self.octets[position], self.pieces[i].payload_size),
                self.pieces[i].orientation,
            ))
            position += self.pieces[i].payload_size
        self.count = self.size = 0
        return taken

    cdef taking take(self, const rtp_header *header, const uint8_t *payload, size_t size) except? SLOW:
        """KEPT or WHOLE for the next packet of a VP8 picture that refers to the one before; SLOW for any other."""
        cdef size_t at = 1
        cdef int picture_id = -1
        cdef uint8_t extension
        cdef uint8_t *more
        if not self.armed or header.sequence_number != self.next or self.count == MAX_PIECES or size < 2:
            return SLOW
        if self.count and header.timestamp != self.timestamp:
            return SLOW
        if payload[0] & EXTENDED:
            extension = payload[1]
            at = 2
            if extension & HAS_LAYERS:
                return SLOW
            if extension & HAS_PICTURE_ID and at < size:
                picture_id = payload[at]
                at += 1
                if picture_id & LONG_PICTURE_ID and at < size:
                    picture_id = (picture_id & 0x7f) << 8 | payload[at]
                    at += 1
            if extension & HAS_KEY_INDEX:
                at += 1
        if at >= size or self.size + size > <size_t>MAX_OCTETS:
            return SLOW
        if (payload[0] & START_AND_PARTITION == START) != (self.count == 0):
            return SLOW
        if not self.count:
            if not payload[at] & INTER_FRAME:
                return SLOW
            self.timestamp = header.timestamp
            self.picture_id = picture_id
        if self.size + size > self.room:
            more = <uint8_t *>PyMem_Realloc(self.octets, max(<size_t>FIRST_ROOM, 2 * (self.size + size)))
            if not more:
                raise MemoryError
            self.octets = more
            self.room = <uint32_t>max(<size_t>FIRST_ROOM, 2 * (self.size + size))
        memcpy(&self.octets[self.size], payload, size)
        self.pieces[self.count].payload_size = <uint16_t>size
        self.pieces[self.count].descriptor_size = <uint16_t>at
        self.pieces[self.count].orientation = header.values.orientation
        self.size += <uint32_t>size
        self.count += 1
        self.next = (self.next + 1) & 0xffff
        return WHOLE if header.marker else KEPT

    cdef WholeFrame whole(self):
        """The payloads without their descriptors, in one; and room for the next frame."""
        cdef WholeFrame frame = WholeFrame.__new__(WholeFrame)
        cdef int i
        cdef uint32_t position = 0, total = self.size
        cdef char *out
        cdef size_t size
        frame.run = self
        frame.timestamp, frame.packets, frame.picture_id = self.timestamp, self.count, self.picture_id
        frame.orientation = -1
        for i in range(self.count):
            total -= self.pieces[i].descriptor_size
            if self.pieces[i].orientation >= 0:
                frame.orientation = self.pieces[i].orientation
        frame.data = PyBytes_FromStringAndSize(NULL, total)
        out = PyBytes_AS_STRING(frame.data)
        for i in range(self.count):
            size = self.pieces[i].payload_size - self.pieces[i].descriptor_size
            memcpy(out, &self.octets[position + self.pieces[i].descriptor_size], size)
            position += self.pieces[i].payload_size
            out += size
        self.count = self.size = 0
        return frame


@cython.final
cdef class FastPath:
    def __init__(self, ArrivalLog arrivals not None):
        self.arrivals = arrivals
        self.last_received = -INFINITY
        self.kept = []

    def __len__(self):
        return self.used

    def forget(self):
        self.used = 0
        self.kept = []
        self.target = None

    cpdef open(self):
        self.blocked = False

    def learn(self, long long ssrc, int payload_type, str mid, SourceCount count not None, object stream,
              FrameRun run=None, object target=None):
        cdef bytes encoded = b"" if mid is None else mid.encode("utf-8")
        cdef route *found
        cdef int i
        if len(encoded) > MAX_MID:
            return
        for i in range(self.used):
            found = &self.routes[i]
            if (found.ssrc == ssrc and found.payload_type == payload_type and found.stream == <void *>stream
                    and found.count == <void *>count and found.run == <void *>run and found.target == <void *>target):
                return
        for i in range(self.used):
            found = &self.routes[i]  # what was another source of this stream, or another stream of this source
            if (found.ssrc == ssrc) == (found.stream == <void *>stream):
                if found.ssrc != ssrc or (run is None and found.payload_type != payload_type):
                    continue
            self.forget()
            break
        if self.used == MAX_ROUTES:
            self.forget()
        found = &self.routes[self.used]
        found.ssrc, found.payload_type, found.mid_size = <uint32_t>ssrc, <uint8_t>payload_type, <uint8_t>len(encoded)
        memcpy(found.mid, PyBytes_AS_STRING(encoded), len(encoded))
        found.count, found.run, found.target, found.stream = <void *>count, <void *>run, <void *>target, <void *>stream
        self.kept.append((count, run, target, stream))
        self.used += 1

    cdef taking take(self, const rtp_header *header, const uint8_t *payload, size_t size, double now) except? SLOW:
        cdef route *found
        cdef taking taken
        cdef int i
        if self.blocked:
            return SLOW
        self.blocked = True
        if header.values.transport_sequence >= 0 and self.arrivals.due == INFINITY:
            return SLOW  # a deadline is to be set
        for i in range(self.used):
            found = &self.routes[i]
            if found.ssrc == header.ssrc and found.payload_type == header.payload_type:
                break
        else:
            return SLOW
        if (<SourceCount>found.count).retired:
            return SLOW
        if header.values.mid_size and (header.values.mid_size != found.mid_size
                                       or memcmp(header.values.mid, found.mid, found.mid_size)):
            return SLOW
        taken = COUNTED
        if <object>found.run is not None:
            taken = (<FrameRun>found.run).take(header, payload, size)
            if taken == SLOW:
                return SLOW
        elif <object>found.target is not None:
            taken = SPEECH
            self.target = <object>found.target
        self.blocked = False
        self.last_received = now
        (<SourceCount>found.count).count(header.sequence_number, header.timestamp, now)
        if header.values.transport_sequence >= 0:
            self.arrivals.note(<uint16_t>header.values.transport_sequence, now)
        if taken == WHOLE:
            self.frame = (<FrameRun>found.run).whole()
            self.frame.stream = <object>found.stream
        return taken
