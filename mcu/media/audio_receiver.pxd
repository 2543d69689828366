# C types of audio_receiver.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.media.jitter_buffer cimport Entry, JitterBuffer
from mcu.media.playout cimport Playout
from mcu.media.voice_decoder cimport VoiceDecoder

cdef double DUE_TOLERANCE
cdef long long MAX_HOLE
cdef long long MAX_EXCESS
cdef int DELAY_MEMORY
cdef double HONEST
cdef double WORST_CLAIM
cdef double DOUBT
cdef double TRUST
cdef double FORGIVEN
cdef double DOUBTED_LEVEL
cdef long long BLOCK_SAMPLES
cdef long long SAMPLE_RATE


cdef class AudioReceiver:
    cdef readonly double level
    cdef readonly double delay
    cdef readonly JitterBuffer _buffer
    cdef VoiceDecoder _decoder
    cdef readonly Playout _playout
    cdef bint _playing
    cdef bint _heard
    cdef long long _restarts
    cdef long long _waited
    cdef double _said_level
    cdef bint _says_level
    cdef readonly double _overstated
    cdef long long _skipped
    cdef long long _too_old
    cdef long long _played_samples

    cpdef receive(self, RtpPacket packet, double now)

    @cython.locals(head=Entry)
    cpdef double preview(self, double now)
    cpdef pull(self, double now)

    @cython.locals(head=Entry)
    cpdef skip(self, double now)
    cdef _observe(self, double now)
    cdef bint _due(self, Entry entry, double now)
    cdef long long _excess(self, double now)

    @cython.locals(head=Entry)
    cdef bint _begin(self, double now)
    cdef long long _excess_of(self, Entry entry, double now)
    cdef _stop(self)
    cdef _settle(self, long long gap)
    cdef _leave_out(self, Entry entry)
    cdef _note_level(self, Entry entry)

    @cython.locals(excess=cython.double)
    cdef double _check_claim(self, block)
    cdef double _believed(self, double claim)
    cdef _prepare(self, double now)

    @cython.locals(head=Entry, gap=cython.longlong, explained=cython.bint, counted=cython.longlong)
    cdef bint _produce(self, double now)
    cdef bint _wait(self)
    cdef _fill(self, Entry head, long long gap)
    cdef _play(self, Entry head, double now)

    @cython.locals(excess=cython.longlong)
    cdef _adapt(self, double now)

    @cython.locals(head=Entry)
    cdef _look_ahead(self, double now)

    @cython.locals(head=Entry)
    cdef _jump(self, double now)
