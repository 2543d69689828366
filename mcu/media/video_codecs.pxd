# C types of video_codecs.py.


cdef class VideoDecoder:
    cdef public bint needs_keyframe
    cdef readonly long long decoded
    cdef readonly long long errors
    cdef readonly long long skipped
    cdef str _codec
    cdef bint _coded_again
    cdef object _decoder
    cdef object __weakref__

    cpdef decode(self, frame)


cdef class Vp8Decoder:
    cdef object _decoder

    cpdef decode(self, frame)
