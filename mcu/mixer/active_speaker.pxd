# C types of active_speaker.py.
cimport cython

cdef double SWITCH_SECONDS
cdef double OUTDONE_RATE
cdef double QUIET_RATE
cdef double HANG_SECONDS
cdef double QUIETEST_VOICE
cdef double ABOVE_NOISE
cdef double NOISE_RISE
cdef double LOUDEST_NOISE
cdef double ADVANTAGE
cdef double RELEASE
cdef double BEGIN_SECONDS
cdef double END_SECONDS
cdef double LONGEST_STEP


cdef class _Voice:
    cdef double noise
    cdef double envelope
    cdef double voiced_until
    cdef double dominance
    cdef double voiced_for
    cdef double last_voiced


cdef class ActiveSpeaker:
    cdef readonly object speaker
    cdef readonly tuple speaking
    cdef dict _voices
    cdef object _now

    @cython.locals(step=cython.double, voice=_Voice, level=cython.double)
    cpdef bint update(self, levels, double now)
    cdef _renew(self, present)

    @cython.locals(voice=_Voice, rate=cython.double, most=cython.double, loud=cython.double)
    cdef _compete(self, double now, double step)

    @cython.locals(voice=_Voice, stay=list)
    cdef _list_speaking(self, double now)

    @cython.locals(voice=_Voice)
    cdef bint _is_speaking(self, name, double now)


cdef _listen(_Voice voice, double level, double now, double step)
