# C types of bandwidth_loss.py.
cimport cython

from mcu.media.bandwidth_feedback cimport Acknowledged

cdef double NEVER
cdef int PACKET_FIELDS
cdef int MAX_PENDING
cdef double SLOT
cdef double TRIAL_DELAY
cdef double TRIAL_LOSS
cdef double FAST_LOSS
cdef double CHANGE
cdef int SLOTS
cdef int FAST_SLOTS
cdef int FAST_PACKETS


cdef class LossJudge:
    cdef readonly double share
    cdef readonly double recent
    cdef readonly double missing
    cdef public double own
    cdef readonly long long trials
    cdef readonly bint trying
    cdef readonly long long dropped
    cdef dict _pending
    cdef long long[::1] _slots
    cdef int _newest
    cdef int _full
    cdef double _slot_end
    cdef long long _of
    cdef double _trial_loss
    cdef double _trial_begin
    cdef long long _trial_lost
    cdef long long _trial_of
    cdef double _judged_from

    @cython.locals(pending=dict, received=cython.longlong, values='double[::1]', place=cython.long, index=cython.long)
    cpdef add(self, Acknowledged packets, double now)
    cdef long long _overdue(self, double now)

    cdef _enter(self, long long lost, long long received, double now)

    @cython.locals(
        lost=cython.longlong,
        of=cython.longlong,
        newest_lost=cython.longlong,
        newest_of=cython.longlong,
        age=cython.int,
        place=cython.int,
    )
    cdef _sum(self)
    cpdef judge(self, double now)
    cdef _begin(self, double share, double now)
    cdef _judge_trial(self, double now)
    cpdef forget(self, double before)
    cdef _clear(self)
