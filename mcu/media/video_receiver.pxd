# C types of video_receiver.py.
cimport cython

from mcu.media.keyframe_requests cimport KeyframeRequests
from mcu.media.nack cimport Missing, NackList
from mcu.media.fragments cimport AssembledFrame, Fragment
from mcu.media.reorder_buffer cimport BufferedPacket, FramePackets, ReorderBuffer, buffered
from mcu.media.sequence cimport Unwrapper

cdef int MAX_JUMP
cdef int STRAYS_BEFORE_RESTART
cdef double inf


cdef class VideoCounters:
    cdef public long long packets
    cdef public long long late
    cdef public long long malformed
    cdef public long long repaired
    cdef public long long nacks
    cdef public long long frames
    cdef public long long keyframes
    cdef public long long refused
    cdef public long long holes
    cdef public long long overflows
    cdef public long long restarts


cdef class VideoReceiver:
    cdef readonly VideoCounters counters
    cdef public double rtt
    cdef readonly double repair_time
    cdef readonly object codec
    cdef readonly KeyframeRequests keyframe_requests
    cdef dict _codecs
    cdef list _frames
    cdef int _rotation
    cdef int _payload_type
    cdef double _max_age
    cdef int _max_requests
    cdef object _format
    cdef ReorderBuffer _buffer
    cdef Unwrapper _unwrapper
    cdef NackList _nacks
    cdef bint _hole_needs_keyframe
    cdef int _strays
    cdef bint _gap
    cdef long long _newest
    cdef long long _step

    @cython.locals(number=cython.longlong, ahead=cython.longlong, fragment=Fragment)
    cpdef receive(self, int payload_type, long long sequence_number, long long timestamp, bint marker, bytes payload,
                  int orientation, double now, bint repair=*)

    @cython.locals(due=cython.double, oldest=cython.double)
    cpdef double next_timer(self)
    cpdef bint has_frames(self)
    cpdef bint has_deadlines(self)
    cpdef list take_frames(self)
    cdef _start(self)
    cdef bint _restarts(self, long long ahead)
    cdef bint _change_type(self, int payload_type)

    @cython.locals(highest=cython.longlong, missing=Missing, waited=cython.double,
                   answered=cython.bint, since=cython.double)
    cdef _notice_arrival(self, long long number, long long timestamp, double now, bint repair)

    @cython.locals(late=cython.double, spare=cython.double)
    cdef double _haste(self, long long timestamp)
    cdef _give_up(self, long long number, double now)

    @cython.locals(packets=FramePackets)
    cdef _release(self, double now)

    @cython.locals(packet=BufferedPacket, fragments=list, frame=AssembledFrame, first=cython.longlong)
    cdef _assemble(self, FramePackets packets, double now)
