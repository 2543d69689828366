# C types of reorder_buffer.py.
cimport cython

from mcu.media.fragments cimport Fragment


@cython.freelist(64)
cdef class BufferedPacket:
    cdef public long long number
    cdef public long long timestamp
    cdef public bint marker
    cdef public Fragment fragment


@cython.locals(packet=BufferedPacket)
cpdef BufferedPacket buffered(long long number, long long timestamp, bint marker, Fragment fragment)


cdef class FramePackets:
    cdef public list packets
    cdef public bint contiguous


cdef class ReorderBuffer:
    cdef public long long next
    cdef public long long overflows
    cdef list _run
    cdef Py_ssize_t _scanned
    cdef dict _later
    cdef long long _resume
    cdef long long _resume_scan
    cdef bint _broken

    cpdef bint has_seen(self, long long number)

    @cython.locals(hole=cython.longlong, resume=BufferedPacket)
    cpdef insert(self, BufferedPacket packet)

    @cython.locals(count=cython.Py_ssize_t, end=cython.longlong, number=cython.longlong)
    cpdef FramePackets take(self)
    cpdef give_up(self, long long number)

    @cython.locals(run=list, packet=BufferedPacket, first=BufferedPacket)
    cdef Py_ssize_t _frame_length(self)

    @cython.locals(packet=BufferedPacket, first=BufferedPacket)
    cdef long long _find_end(self)
    cdef FramePackets _frame(self, list packets)
    cdef _close_up(self)
    cdef _move_to(self, long long number)
