# C types of timer_wheel.py.
cimport cython

cdef double _TICK
cdef double inf


cdef class TimerWheel:
    cdef dict _slots
    cdef dict _slot_of
    cdef list _order

    @cython.locals(slot=cython.longlong)
    cpdef schedule(self, entry, double when)
    cpdef cancel(self, entry)

    @cython.locals(due=list)
    cpdef list expire(self, double now)
    cpdef double next_timer(self) except? -1
