# C types of sounding.py.
cimport cython

from mcu.mixer.active_speaker cimport ActiveSpeaker
from mcu.processor.sound_encoders cimport SoundEncoders


cdef class SoundMixer:
    cdef object _mixer
    cdef ActiveSpeaker _active
    cdef object _loudest
    cdef SoundEncoders _encoders
    cdef readonly object prompting

    @cython.locals(levels=dict, blocks=dict, receivers=dict)
    cpdef tuple tick(self, dict members, long long index, due, double now)
    cpdef forget(self, str participant)

    @cython.locals(shared=dict, streams=list, last=tuple, sharing=tuple, leaving=list, silent=cython.bint)
    cdef _send(self, dict members, mix, long long index, double now)


@cython.locals(muted=list)
cdef dict _voices(dict members, dict levels)


cdef _encode_and_send(list leaving, long long index, double now)
