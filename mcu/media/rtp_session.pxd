# C types of rtp_session.py.
cimport cython

from mcu._native.rtp_packet cimport RtpPacket
from mcu.media.intake cimport Intake
from mcu.media.received_streams cimport VideoStream
from mcu.media.rtcp_allowance cimport RtcpAllowance
from mcu.media.report_schedule cimport ReportSchedule
from mcu.media.sent_streams cimport SentStream
from mcu.media.video_receiver cimport VideoReceiver

cdef int MAX_EVENTS
cdef double RTT_SMOOTHING
cdef double INTERVAL
cdef double inf
cdef double LOSS_SMOOTHING


@cython.final
cdef class RtpSession:
    cdef readonly dict counters
    cdef dict __dict__  # for what is not asked for with every packet
    cdef readonly double rtt
    cdef public double loss
    cdef double _loss_told
    cdef readonly object audio
    cdef public object take_frame
    cdef public object take_feedback
    cdef object _cname
    cdef object _ssrc
    cdef bint _reduced_size
    cdef double _wall_clock_offset
    cdef double _feedback_phase
    cdef dict _received
    cdef list _videos
    cdef dict _sent
    cdef Intake _intake
    cdef RtcpAllowance _allowance
    cdef ReportSchedule _schedule
    cdef double _repairs_due
    cdef bytes _named
    cdef long long _max_bitrate
    cdef int _fir_number
    cdef list _events
    cdef set _asked
    cdef list _output

    cpdef bint receive_rtp(self, RtpPacket packet, double now) except -1
    cpdef bint receive_rtcp(self, bytes data, double now) except -1
    cdef _receive_feedback(self, bytes control, double now)
    cdef _receive_rtcp(self, packet, double now)

    cdef _repair(self, SentStream sent, nack, double now)
    cdef _keyframe_requested(self, kind)

    @cython.locals(sent=SentStream, wall_clock=cython.double)
    cdef _receive_blocks(self, blocks, double now)

    @cython.locals(stream=VideoStream, feedback=list)
    cpdef handle_timer(self, double now)

    @cython.locals(due=cython.double, stream=VideoStream)
    cpdef double next_timer(self) except? -1

    @cython.locals(due=cython.double, beats=cython.longlong)
    cdef double _feedback_due(self) except? -1
    cpdef list data_to_send(self)
    cpdef list events_received(self)

    @cython.locals(receiver=VideoReceiver)
    cdef _ask_sender(self, VideoStream stream, double now)
    cdef _request_keyframe(self, VideoStream stream)
    cdef _take_frames(self, VideoStream stream)
    cdef _limit_bitrate(self, long long bps)

    @cython.locals(blocks=list, reports=list, sent=SentStream)
    cdef _report(self, double now)
    cdef bytes _names(self)
    cdef _send(self, packet)
    cdef _emit(self, event)

    @cython.locals(sent=SentStream)
    cdef list _sent_with(self, ssrc)
    cdef _statistics_of(self, ssrc)
    cdef _any_media_ssrc(self)
