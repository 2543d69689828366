# C types of bandwidth_estimator.py.
cimport cython

from mcu.media.bandwidth_feedback cimport Acknowledged
from mcu.media.bandwidth_delay cimport DelayDetector
from mcu.media.bandwidth_loss cimport LossJudge
from mcu.media.bandwidth_probe cimport Prober
from mcu.media.bandwidth_rates cimport Rates

cdef double inf
cdef double FALL
cdef double GROW_SHARE
cdef double GROW_RATE
cdef double DRAIN_QUEUE


cdef class BandwidthEstimator:
    cdef readonly bint congested
    cdef readonly dict counters
    cdef readonly DelayDetector delay
    cdef readonly LossJudge losses
    cdef readonly Prober prober
    cdef readonly Rates rates
    cdef double _estimate
    cdef long long _limit
    cdef double _limited
    cdef double _restore
    cdef double _draining_since
    cdef double _drained
    cdef double _line
    cdef double _fell
    cdef double _silent_since
    cdef bint _away

    cpdef bint probing(self, double now)
    cpdef probe_wanted(self, long long target_bitrate, double now)
    cpdef remb(self, long long bitrate, double now)
    cpdef no_feedback(self, double now)

    @cython.locals(delay=DelayDetector, losses=LossJudge, rates=Rates, elapsed=cython.double, carried=cython.longlong,
                   goal=cython.double)
    cpdef acknowledged(self, Acknowledged packets, double now)

    @cython.locals(delay=DelayDetector, losses=LossJudge, patience=cython.double)
    cdef bint _full(self) except -1
    cdef _fall(self, double now)
    cdef _drain(self, double now)
    cdef _judge_loss(self, double now)
