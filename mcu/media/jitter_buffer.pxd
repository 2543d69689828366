# C types of jitter_buffer.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.media.sequence cimport distance
from mcu.media.transit cimport TransitHistogram

cdef int MAX_DROPOUT
cdef int MAX_MISORDER
cdef double RETIRED_SECONDS
cdef int DTX_BYTES
cdef int OPUS_MANY
cdef long long _NOWHERE
cdef long long SAMPLE_RATE


@cython.freelist(256)
cdef class Entry:
    cdef public long long sequence
    cdef public long long time
    cdef public int samples
    cdef public str codec
    cdef public bytes payload
    cdef public int level
    cdef public double arrival
    cdef public bint silent


@cython.locals(entry=Entry)
cdef Entry _entry(long long sequence, long long time, int samples, str codec, bytes payload, int level, double arrival,
                  bint silent)


cdef class JitterCounters:
    cdef public long long received
    cdef public long long lost
    cdef public long long late
    cdef public long long discarded
    cdef public long long restarts


cdef class JitterBuffer:
    cdef readonly TransitHistogram transit
    cdef readonly JitterCounters counters
    cdef readonly long long expected
    cdef dict _codecs
    cdef int _last_type
    cdef str _last_codec
    cdef long long _last_rate
    cdef bint _last_silent
    cdef int _opus_head
    cdef int _opus_samples
    cdef long long _ssrc
    cdef long long _retired
    cdef double _retired_until
    cdef bint _started
    cdef readonly dict _entries
    cdef Entry _head
    cdef list _fresh
    cdef object _missed
    cdef long long _clock_rate
    cdef long long _newest
    cdef long long _newest_time
    cdef long long _suspect
    cdef bint _went_back

    cdef _forget(self)

    @cython.locals(payload=bytes, codec=str, clock_rate=cython.longlong, samples=cython.int, sequence=cython.longlong,
                   level=cython.int, silent=cython.bint, time=cython.longlong)
    cpdef receive(self, RtpPacket packet, double now)

    @cython.locals(entry=Entry)
    cpdef observe(self, double now)
    cpdef Entry head(self)
    cpdef take(self, Entry entry)
    cpdef give_up_before(self, Entry entry)
    cdef bint _accept_ssrc(self, long long ssrc, double now)
    cdef _restart(self)

    @cython.locals(step=cython.longlong, rate=cython.longlong)
    cdef long long _unwrap_sequence(self, long long number)

    @cython.locals(time=cython.longlong)
    cdef long long _unwrap_timestamp(self, long long sequence, long long timestamp)

    @cython.locals(sequence=object)  # one number for all that is asked of the dict
    cdef _insert(self, Entry entry)

    @cython.locals(entry=Entry, newest=cython.longlong)
    cdef _drop_astray(self, double now)

    @cython.locals(before=cython.longlong)
    cdef bint _replaces_predecessor(self, Entry entry)

    cdef int _duration(self, str codec, bytes payload) except -1
