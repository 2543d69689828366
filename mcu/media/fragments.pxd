# C types of fragments.py.
cimport cython


@cython.freelist(64)
cdef class Fragment:
    cdef public bytes payload
    cdef public bint resumes
    cdef public bint begins_keyframe
    cdef public bint picture
    cdef public object vp8


cdef class AssembledFrame:
    cdef public bytes data
    cdef public bint keyframe


@cython.locals(fragment=Fragment)
cpdef Fragment picture_fragment(bytes payload, bint resumes, bint begins_keyframe, object vp8)
