# C types of reorder_buffer.py.
cimport cython

from mcu.media.fragments cimport Fragment


@cython.freelist(64)
cdef class BufferedPacket:
    cdef public long long number
    cdef public long long timestamp
    cdef public bint marker
    cdef public Fragment fragment


cdef class FramePackets:
    cdef public list packets
    cdef public bint contiguous


cdef class ReorderBuffer:
    cdef public long long next
    cdef public long long overflows
    cdef dict _packets
    cdef long long _scan
    cdef long long _resume
    cdef long long _resume_scan
    cdef bint _broken

    cpdef bint has_seen(self, long long number)

    @cython.locals(resume=BufferedPacket)
    cpdef insert(self, BufferedPacket packet)

    @cython.locals(end=cython.longlong)
    cpdef FramePackets take(self)
    cpdef give_up(self, long long number)

    @cython.locals(packets=dict, packet=BufferedPacket, first=BufferedPacket)
    cdef tuple _find_end(self, long long start, long long scan)

    @cython.locals(packets=list, number=cython.longlong)
    cdef FramePackets _cut(self, long long start, long long end)

    @cython.locals(old=cython.longlong)
    cdef _move_to(self, long long number)
