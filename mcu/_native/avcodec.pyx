# cython: language_level=3, boundscheck=False, wraparound=False
"""FFmpeg's VP8 decoder, called without PyAV's objects: a coded frame in, the planes of a picture out.

Rules:
1. The libraries are those that PyAV has loaded. Where they are not what avcodec.h knows, `UNUSABLE_BECAUSE` says it and
   nothing here can be made.
2. The interpreter lock is released while FFmpeg works. A decoder is used by one thread at a time; planes by any.
3. Planes are FFmpeg's own memory: read-only, and kept as long as one of them is.

The figures are in docs/decisions/0028-libavcodec-directly.md.
"""

from libc.stdint cimport uint8_t
from libc.string cimport memcpy

import av

cimport numpy as cnp

cnp.import_array()

cdef extern from "avcodec.h" nogil:
    ctypedef struct av_packet:
        uint8_t *data
        int size
    ctypedef struct av_frame:
        uint8_t **data
        int *linesize
        int width
        int height
        int format
    ctypedef struct avcodec_calls:
        unsigned int (*avcodec_version)() noexcept nogil
        const void *(*find_decoder)(int id) noexcept nogil
        void *(*alloc_context)(const void *codec) noexcept nogil
        void (*free_context)(void **context) noexcept nogil
        int (*open)(void *context, const void *codec, void **options) noexcept nogil
        int (*send_packet)(void *context, const av_packet *packet) noexcept nogil
        int (*receive_frame)(void *context, av_frame *frame) noexcept nogil
        av_packet *(*packet_alloc)() noexcept nogil
        void (*packet_free)(av_packet **packet) noexcept nogil
        void (*packet_unref)(av_packet *packet) noexcept nogil
        int (*new_packet)(av_packet *packet, int size) noexcept nogil
        av_frame *(*frame_alloc)() noexcept nogil
        void (*frame_free)(av_frame **frame) noexcept nogil
        int (*dict_set)(void **dictionary, const char *key, const char *value, int flags) noexcept nogil
        void (*dict_free)(void **dictionary) noexcept nogil
    const int AVCODEC_ID_VP8, AVCODEC_AGAIN
    const char *avcodec_load(avcodec_calls *calls, const char *avcodec, const char *avutil)

cdef enum:
    YUV420P = 0
    MAX_BYTES = 1 << 24  # of a coded frame; FFmpeg counts in int

cdef avcodec_calls ffmpeg
PYAV = av.__version__  # whose libraries these are: importing it has loaded them


def loaded(str name) -> bytes:
    """The path of a library of this process; empty when there is none of that name."""
    part = f"/{name}".encode()
    with open("/proc/self/maps", "rb") as maps:  # names of files are bytes
        for line in maps:
            if part in line:
                return line[line.index(b"/"):].rstrip(b"\n")
    return b""


cdef const char *refused = avcodec_load(&ffmpeg, loaded("libavcodec"), loaded("libavutil"))
UNUSABLE_BECAUSE = "" if refused == NULL else refused.decode()


class AvcodecError(Exception):
    """FFmpeg refused what it was given."""


cdef class _Owner:
    """Keeps a picture's memory."""

    cdef av_frame *frame

    def __dealloc__(self):
        if self.frame != NULL:
            ffmpeg.frame_free(&self.frame)


cdef object view(_Owner owner, int plane, int height, int width):
    cdef cnp.npy_intp shape[2]
    cdef cnp.npy_intp strides[2]
    shape[0], shape[1] = height, width
    strides[0], strides[1] = owner.frame.linesize[plane], 1
    cdef cnp.ndarray array = cnp.PyArray_New(
        cnp.ndarray, 2, shape, cnp.NPY_UINT8, strides, owner.frame.data[plane], 0, 0, None
    )
    cnp.set_array_base(array, owner)
    return array


cdef class Vp8Decoder:
    """Decoder of one stream; `options` are FFmpeg's own. Raises AvcodecError."""

    cdef void *context
    cdef av_packet *packet
    cdef bint busy

    def __cinit__(self, dict options):
        cdef void *dictionary = NULL
        cdef int result
        if UNUSABLE_BECAUSE:
            raise AvcodecError(UNUSABLE_BECAUSE)
        cdef const void *codec = ffmpeg.find_decoder(AVCODEC_ID_VP8)
        if codec == NULL:
            raise AvcodecError("no VP8 decoder")
        self.context, self.packet = ffmpeg.alloc_context(codec), ffmpeg.packet_alloc()
        if self.context == NULL or self.packet == NULL:
            raise MemoryError
        try:
            for key, value in options.items():
                if ffmpeg.dict_set(&dictionary, key.encode(), value.encode(), 0) < 0:
                    raise MemoryError
            result = ffmpeg.open(self.context, codec, &dictionary)
            if result < 0:
                raise AvcodecError(f"cannot be opened: {result}")
            if dictionary != NULL:  # FFmpeg leaves what it does not know
                raise AvcodecError(f"an option of {options} is unknown")
        finally:
            ffmpeg.dict_free(&dictionary)

    def __dealloc__(self):
        if self.packet != NULL:
            ffmpeg.packet_free(&self.packet)
        if self.context != NULL:
            ffmpeg.free_context(&self.context)

    def decode(self, bytes data not None):
        """Y, U and V of the picture, arrays (height, width), as wide and high as what is seen; None when there is none.

        U and V have half of both, rounded up. Raises AvcodecError for what cannot be decoded.
        """
        cdef Py_ssize_t size = len(data)
        cdef const char *start = data
        cdef int result, width, height
        cdef _Owner owner = _Owner.__new__(_Owner)
        if size > MAX_BYTES:
            raise AvcodecError(f"a frame of {size} bytes")
        if self.busy:
            raise AvcodecError("two threads use one decoder")
        owner.frame = ffmpeg.frame_alloc()
        if owner.frame == NULL:
            raise MemoryError
        self.busy = True
        with nogil:
            result = ffmpeg.new_packet(self.packet, <int> size)
            if result >= 0:
                memcpy(self.packet.data, start, size)
                result = ffmpeg.send_packet(self.context, self.packet)
                ffmpeg.packet_unref(self.packet)
                if result >= 0:
                    result = ffmpeg.receive_frame(self.context, owner.frame)
        self.busy = False
        if result == AVCODEC_AGAIN:
            return None
        if result < 0:
            raise AvcodecError(f"FFmpeg's error {result}")
        if owner.frame.format != YUV420P:
            raise AvcodecError(f"a picture of format {owner.frame.format}")
        width, height = owner.frame.width, owner.frame.height
        return (
            view(owner, 0, height, width),
            view(owner, 1, (height + 1) // 2, (width + 1) // 2),
            view(owner, 2, (height + 1) // 2, (width + 1) // 2),
        )
