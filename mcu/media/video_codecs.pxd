# C types of video_codecs.py.


cdef class VideoDecoder:
    cdef public bint needs_keyframe
    cdef readonly long long decoded
    cdef readonly long long errors
    cdef readonly long long skipped
    cdef str _codec
    cdef object _context
    cdef object _reformatter
    cdef double _aspect
    cdef object __weakref__

    cpdef decode(self, frame)
    cdef _open(self)
    cdef _picture(self, frame, int rotation)


cdef double _sample_aspect(context) except? -1
cdef _view(plane, int height, int width)
