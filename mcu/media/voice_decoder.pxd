# C types of voice_decoder.py.
cimport cython

from mcu.media.jitter_buffer cimport Entry

cdef int WARM_UP_PACKETS
cdef int FADE_AFTER
cdef int FADE_END
cdef int RECOVERY_SAMPLES
cdef int OPUS_STEP


cdef class VoiceDecoder:
    cdef readonly long long decoded
    cdef readonly long long undecodable
    cdef readonly long long restored
    cdef public long long concealed
    cdef readonly int frame
    cdef long long _run
    cdef object _decoder
    cdef str _codec
    cdef list _left_out

    cpdef decode(self, Entry entry)
    cpdef restore(self, Entry successor, long long length)

    @cython.locals(length=cython.int, first=cython.double, last=cython.double)
    cpdef conceal(self, long long wanted)
    cpdef end_run(self)
    cpdef leave_out(self, Entry entry)
    cpdef reset(self)

    @cython.locals(entry=Entry)
    cdef _ready(self, str codec)

    @cython.locals(run=cython.longlong)
    cdef _recovered(self, piece)


cdef double _gain(long long run)
