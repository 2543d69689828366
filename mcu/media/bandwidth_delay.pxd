# C types of bandwidth_delay.py.
cimport cython

from mcu.media.bandwidth_feedback cimport Acknowledged

cdef double NEVER
cdef int PACKET_FIELDS
cdef double GROUP
cdef int WINDOW
cdef int KEPT_GROUPS
cdef int MINIMA
cdef int FIELDS
cdef double SMOOTHING
cdef double GAIN
cdef double TREND_MIN
cdef double TREND_MAX
cdef double THRESHOLD_UP
cdef double THRESHOLD_DOWN
cdef double OUTLIER
cdef double SHORT
cdef double STANDING
cdef double BASE_BUCKET
cdef double MAX_DELAY_CHANGE


cdef class DelayDetector:
    cdef readonly long long nonsense
    cdef readonly long long restarts
    cdef public bint overusing
    cdef public double queue
    cdef public double standing
    cdef public double trend
    cdef public double threshold
    cdef long[::1] _ring
    cdef double _base_before
    cdef double _base_now
    cdef double _bucket_end
    cdef double _group_start
    cdef double _group_first
    cdef double _group_last
    cdef long _group_size
    cdef long _size_of_first
    cdef double[::1] _groups
    cdef long long _count
    cdef long _next
    cdef double _gap
    cdef double[::1] _minima
    cdef long _oldest
    cdef long _minima_count
    cdef double _smoothed
    cdef double _last_update

    cdef _restart(self)

    @cython.locals(ring='long[::1]', index=cython.long, sequence=cython.long, size=cython.long,
                   groups='double[::1]', count=cython.longlong, at=cython.longlong, size_of_group=cython.long,
                   size_of_first=cython.long, late=cython.double,
                   bytes_received=cython.longlong, start=cython.double, first=cython.double, last=cython.double, smoothed=cython.double,
                   low=cython.double, delay=cython.double, sent=cython.double, gap=cython.bint,
                   came=cython.double, values='double[::1]', count_of_packets=cython.long, place=cython.long, slot=cython.long,
                   octets=cython.double)
    cpdef add(self, Acknowledged packets, double now)

    @cython.locals(base=cython.double, minima='double[::1]', oldest=cython.long, count=cython.long, place=cython.long,
                   index=cython.long, delay=cython.double, standing=cython.double, queue=cython.double)
    cdef _follow(self, double low, double now)

    @cython.locals(groups='double[::1]', end=cython.longlong, count=cython.longlong, number=cython.longlong,
                   at=cython.longlong, origin=cython.double, floor=cython.double, time=cython.double,
                   delay=cython.double, times=cython.double, delays=cython.double, squares=cython.double,
                   products=cython.double, spread=cython.double, slope=cython.double, trend=cython.double,
                   size=cython.double, factor=cython.double, elapsed=cython.double, adapted=cython.double)
    cdef _detect(self, double now)

    @cython.locals(groups='double[::1]', number=cython.longlong, at=cython.longlong, base=cython.double,
                   behind=cython.double, size=cython.double, span=cython.double, sending=cython.double,
                   last=cython.double, late=cython.double, group_size=cython.double, first=cython.double,
                   delay=cython.double, rest=cython.double)
    cpdef delivery(self)
