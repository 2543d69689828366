# C types of rtcp.py.
cimport cython

cdef int VERSION
cdef int PT_SENDER_REPORT
cdef int PT_RECEIVER_REPORT
cdef int PT_SOURCE_DESCRIPTION
cdef int PT_TRANSPORT_FEEDBACK
cdef int FMT_TRANSPORT_WIDE
cdef int PADDING
cdef int TRANSPORT_WIDE_FIRST
cdef int MAX_LOST_INT24


cdef class ReportBlock:
    cdef readonly long long ssrc
    cdef readonly long long fraction_lost  # it is shifted: a C int would lose its top bit
    cdef readonly long long packets_lost
    cdef readonly long long highest_sequence
    cdef readonly long long jitter
    cdef readonly long long last_sr
    cdef readonly long long delay_since_last_sr

    @cython.locals(lost=cython.longlong)
    cpdef bytes serialize(self)


cdef class SenderReport:
    cdef readonly long long ssrc
    cdef readonly unsigned long long ntp
    cdef readonly long long rtp_timestamp
    cdef readonly long long packets
    cdef readonly long long octets
    cdef readonly tuple reports

    cpdef bytes serialize(self)


cdef class ReceiverReport:
    cdef readonly long long ssrc
    cdef readonly tuple reports

    cpdef bytes serialize(self)


cdef class SourceDescription:
    cdef readonly tuple names

    cpdef bytes serialize(self)


cdef class Nack:
    cdef readonly long long sender_ssrc
    cdef readonly long long media_ssrc
    cdef readonly bytes items

    cpdef bytes serialize(self)


cdef class TransportFeedback:
    cdef readonly long long sender_ssrc
    cdef readonly long long media_ssrc
    cdef readonly bytes data

    cpdef bytes serialize(self)


@cython.locals(packets=list, position=cython.Py_ssize_t, end=cython.Py_ssize_t, first=cython.int,
               packet_type=cython.int, words=cython.int, count=cython.int, body=bytes, padding=cython.int)
cpdef list parse(bytes data)


@cython.locals(end=cython.Py_ssize_t, padding=cython.int)
cpdef bytes transport_wide(bytes data)


@cython.locals(found=dict, looked_at=cython.int, most=cython.int, position=cython.Py_ssize_t, number=cython.int, bits=cython.int)
cdef tuple _lost_numbers(bytes items)


@cython.locals(padding=cython.int, first=cython.int)
cdef bytes _packet(int packet_type, int count, bytes body)


cdef bytes _feedback(int packet_type, int fmt, packet, bytes items)
