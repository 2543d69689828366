# C types of decoding.py.
cimport cython

from mcu.media.video_codecs cimport VideoDecoder


@cython.final
cdef class DecodedStream:
    cdef public object picture
    cdef readonly long long dropped
    cdef readonly long long decoded
    cdef readonly long long rested
    cdef readonly object claim
    cdef public double cost
    cdef public double given
    cdef DecoderPool _pool
    cdef Batch _batch
    cdef object _on_keyframe_needed
    cdef bint _coded_again
    cdef object _queue
    cdef bint _waiting_for_keyframe
    cdef readonly VideoDecoder _decoder
    cdef str _codec
    cdef bint _closed
    cdef bint _resting
    cdef bint _still_wanted
    cdef double _ask_again
    cdef long long _generation
    cdef dict __dict__  # tests put a fault into `work`

    @cython.locals(now=cython.double)
    cpdef put(self, frame)
    cdef bint _is_full(self, double now) except? -1
    cdef _ask_at(self, double now)


@cython.final
cdef class Batch:
    cdef DecoderPool _pool
    cdef list _streams
    cdef double _cost
    cdef double _open_until
    cdef bint _spread

    cpdef schedule(self, DecodedStream stream)
    cpdef release(self, double due)
    cdef _give(self, double now)


cdef class DecoderPool:
    cdef readonly object call_main
    cdef readonly object clock
    cdef object _ready
    cdef bint _stopped
    cdef readonly long long failures
    cdef double _longest_wait
    cdef list _threads

    cpdef schedule(self, DecodedStream stream)
    cpdef take(self, DecodedStream stream, double now)
    cpdef double note_wait(self, DecodedStream stream, frame) except? -1
