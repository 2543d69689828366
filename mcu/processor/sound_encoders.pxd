# C types of sound_encoders.py.
cimport cython

from mcu.processor.protection cimport Protection


cdef class _Listener:
    cdef Protection protection
    cdef object profile
    cdef double loss
    cdef readonly tuple sharing  # read in a comprehension as well


cdef class _Own:
    cdef readonly object encoder
    cdef public tuple sharing
    cdef public int since_mixed


cdef class SoundEncoders:
    cdef dict _shared
    cdef dict _own
    cdef dict _listeners

    @cython.locals(listener=_Listener, other=_Listener, loss=cython.double, known=dict, sharing=tuple)
    cpdef tuple protect(self, str participant, profile, double reported_loss)
    cpdef shared(self, tuple sharing)
    cpdef keep_shared(self, used)
    cpdef forget(self, str participant)
    cdef _forked(self, tuple sharing)
