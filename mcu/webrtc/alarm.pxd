# C types of alarm.py.
cimport cython

from mcu.webrtc.timer_wheel cimport TimerWheel

cdef double TICK_SECONDS
cdef double inf


cdef class Alarm:
    cdef object _call_later
    cdef object _clock
    cdef object _serve
    cdef TimerWheel _wheel
    cdef readonly object _timer
    cdef readonly double _armed_for
    cdef bint _driven

    cpdef schedule(self, entry, double now)
    cpdef cancel(self, entry)
    cpdef run(self, double now)

    @cython.locals(due=cython.double)
    cdef _arm(self, double now)
    cpdef _wake(self)
