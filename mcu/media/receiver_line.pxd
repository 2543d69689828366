# C types of receiver_line.py.
cimport cython

from mcu.media.bandwidth_estimator cimport BandwidthEstimator
from mcu.media.bandwidth_feedback cimport Acknowledged, FeedbackReader
from mcu.media.rtcp_allowance cimport Allowance
from mcu.media.transport_feedback cimport status_count

cdef double inf


@cython.final
cdef class ReceiverLine:
    cdef readonly BandwidthEstimator estimator
    cdef readonly object remb
    cdef readonly bint measured
    cdef readonly long long probe_bytes
    cdef readonly long long refused
    cdef Allowance _allowance
    cdef FeedbackReader _reader
    cdef double _measured_at
    cdef bint _known
    cdef double _left
    cdef double _rate
    cdef double _due
    cdef long long _place
    cdef dict __dict__  # for what is not asked for with every feedback

    @cython.locals(count=cython.long, packets=Acknowledged)
    cpdef acknowledged(self, bytes data, records, double now)
    cpdef limited(self, bitrate, bint sound_too, double now)
    cpdef observe(self, long long octets, double loss, double now)
    cpdef double budget(self, double now, double least=*) except? -1
    cpdef want(self, double bitrate, double now)
    cpdef handle_timer(self, pictures, double now)
    cpdef end_probe(self)
    cpdef double next_timer(self) except? -1
