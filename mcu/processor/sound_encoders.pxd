# C types of sound_encoders.py.
cimport cython

from mcu.media.audio_codecs cimport AudioEncoder
from mcu.processor.protection cimport Protection


cdef class _Own:
    cdef readonly AudioEncoder encoder
    cdef public tuple sharing
    cdef public int since_mixed


cdef class _Shared:
    cdef readonly tuple sharing
    cdef readonly AudioEncoder encoder


cdef class Listener:
    cdef Protection protection
    cdef object profile
    cdef double reported
    cdef double loss
    cdef readonly tuple sharing  # read in a comprehension as well
    cdef public _Own own


cdef class SoundEncoders:
    cdef list _shared
    cdef dict _listeners

    @cython.locals(listener=Listener)
    cpdef Listener listener(self, str participant)

    @cython.locals(other=Listener, loss=cython.double, known=dict, sharing=tuple)
    cpdef tuple protect(self, Listener listener, profile, double reported_loss)

    @cython.locals(shared=_Shared)
    cpdef AudioEncoder shared(self, tuple sharing)

    @cython.locals(shared=_Shared)
    cpdef keep_shared(self, used)
    cpdef forget(self, str participant)

    @cython.locals(before=_Shared)
    cdef AudioEncoder _forked(self, tuple sharing)

    @cython.locals(shared=_Shared)
    cdef _Shared _find(self, tuple sharing)
