# What a leg's packets find before any Python object is made of them, for the packet path and for compiled modules.
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

from mcu._native.packets cimport rtp_header

cdef enum taking:
    SLOW     # the usual way: nothing has been done
    COUNTED  # counted, and no more is to be done
    SPEECH   # counted; the packet is for `FastPath.target`
    KEPT     # counted, and its payload is kept until its frame is whole
    WHOLE    # so was this, and `FastPath.frame` is the frame


cdef class SourceCount:
    cdef readonly long long ssrc
    cdef readonly long long clock_rate
    cdef readonly long long received
    cdef readonly long long jumps
    cdef readonly long long base
    cdef readonly long long highest
    cdef public bint retired
    cdef int64_t suspect
    cdef int64_t last_timestamp
    cdef double transit
    cdef readonly double deviation
    cdef public long long expected_before
    cdef public long long received_before

    cpdef receive(self, int sequence_number, long long timestamp, double now)
    cdef void count(self, uint16_t sequence_number, uint32_t timestamp, double now) noexcept
    cdef void start(self, uint16_t sequence_number) noexcept


cdef struct arrival:
    int64_t number
    int64_t ticks


cdef class ArrivalLog:
    cdef public double due
    cdef readonly long long dropped
    cdef int64_t highest
    cdef int64_t covered
    cdef arrival *held
    cdef Py_ssize_t count
    cdef Py_ssize_t room

    cpdef record(self, long long sequence, double now)
    cdef int note(self, uint16_t sequence, double now) except -1
    cdef int enter(self, int64_t number, int64_t ticks) except -1


cdef class FrameRun


cdef class WholeFrame:
    cdef readonly object stream
    cdef readonly object owner
    cdef readonly FrameRun run
    cdef readonly bytes data
    cdef readonly long long timestamp
    cdef readonly int packets
    cdef readonly int picture_id
    cdef readonly int orientation


cdef struct piece:
    uint16_t payload_size
    uint16_t descriptor_size
    int16_t orientation


cdef class FrameRun:
    cdef readonly bint armed
    cdef int next
    cdef int count
    cdef uint32_t timestamp
    cdef int picture_id
    cdef uint32_t size
    cdef uint32_t room
    cdef uint8_t *octets
    cdef piece pieces[64]

    cdef taking take(self, const rtp_header *header, const uint8_t *payload, size_t size) except? SLOW
    cdef WholeFrame whole(self)


cdef struct route:
    uint32_t ssrc
    uint8_t payload_type
    uint8_t mid_size
    char mid[16]
    void *count
    void *run
    void *target
    void *stream


cdef class FastPath:
    cdef readonly ArrivalLog arrivals
    cdef readonly double last_received
    cdef readonly object target
    cdef readonly WholeFrame frame
    cdef int used
    cdef bint blocked
    cdef route routes[8]
    cdef list kept

    cpdef open(self)
    cdef taking take(self, const rtp_header *header, const uint8_t *payload, size_t size, double now) except? SLOW
