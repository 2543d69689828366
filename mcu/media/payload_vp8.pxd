# C types of payload_vp8.py.
cimport cython

from mcu.media.fragments cimport AssembledFrame, Fragment, picture_fragment


@cython.freelist(64)
cdef class Descriptor:
    cdef public int size
    cdef public bint starts_frame
    cdef public bint keyframe
    cdef public bint non_reference
    cdef public int picture_id
    cdef public int tl0_index
    cdef public int layer
    cdef public bint layer_sync
    cdef public int key_index


@cython.locals(first=cython.int, position=cython.int, picture_id=cython.int, tl0_index=cython.int, layer=cython.int,
               key_index=cython.int, layer_sync=cython.bint, extension=cython.int, octet=cython.int,
               header=cython.int, starts=cython.bint, keyframe=cython.bint, non_reference=cython.bint,
               descriptor=Descriptor)
cdef Descriptor _parse_descriptor(bytes payload)

cpdef Descriptor parse_descriptor(bytes payload)


@cython.locals(parts=list, fragment=Fragment, descriptor=Descriptor)
cdef bytes _picture(fragments)


cdef class Vp8Format:
    cdef public bint needs_keyframe
    cdef int _picture_id
    cdef int _tl0_index
    cdef object _unbroken

    @cython.locals(descriptor=Descriptor, resumes=cython.bint)
    cpdef Fragment inspect(self, bytes payload)
    cdef bint _can_follow_gap(self, Descriptor descriptor)

    @cython.locals(mask=cython.int)
    cdef bint _is_successor(self, Descriptor descriptor)
    cdef bint _is_next_base(self, Descriptor descriptor)
    cdef bint _admits(self, Descriptor descriptor, bint contiguous)
