# C types of sounding.py.
cimport cython

from mcu.media.audio_codecs cimport AudioEncoder
from mcu.media.audio_receiver cimport AudioReceiver
from mcu.mixer.active_speaker cimport ActiveSpeaker
from mcu.mixer.loudest cimport Loudest
from mcu.processor.sound_encoders cimport Listener, SoundEncoders
from mcu.webrtc.leg cimport WebRtcLeg

cdef object AUDIO


cdef class _Seat:
    cdef str name
    cdef object member
    cdef Listener listener
    cdef object leg
    cdef WebRtcLeg browser
    cdef object voice

    cdef bint find_voice(self) except -1

    @cython.locals(receiver=AudioReceiver)
    cdef double preview(self, double due) except? -1

    @cython.locals(receiver=AudioReceiver)
    cdef pull(self, double due)

    @cython.locals(receiver=AudioReceiver)
    cdef skip(self, double due)
    cdef stream(self)
    cdef profile(self)
    cdef double loss(self) except? -1


cdef class SoundMixer:
    cdef object _mixer
    cdef ActiveSpeaker _active
    cdef Loudest _loudest
    cdef SoundEncoders _encoders
    cdef list _seats
    cdef readonly object prompting

    @cython.locals(levels=dict, muted=list, blocks=dict, seats=list, seat=_Seat, level=cython.double,
                   silence=cython.double, chosen=frozenset)
    cpdef tuple tick(self, dict members, long long index, double due, double now)
    cpdef forget(self, str participant)

    @cython.locals(seats=list, seat=_Seat, place=cython.Py_ssize_t)
    cdef list _take_seats(self, dict members)

    @cython.locals(sharings=list, shared=list, streams=list, last=tuple, sharing=tuple, leaving=list,
                   silent=cython.bint, heard=cython.bint, seat=_Seat, listener=Listener, place=cython.Py_ssize_t)
    cdef _send(self, list seats, mix, long long index, double now)


cdef list _streams_of(tuple sharing, list sharings, list shared)


@cython.locals(sendings=list, encoder=AudioEncoder)
cdef _encode_and_send(list leaving, long long index, double now)
