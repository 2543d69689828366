# cython: language_level=3, boundscheck=False, wraparound=False
"""libvpx's VP8 encoder, bound directly: one thread, real time, constant bitrate; a frame in, a frame out.

Rules:
1. Planes are read where they lie, and only during the call. The interpreter lock is released while libvpx works.
2. libvpx is told how much time each frame stands for, so frames may be left out and the rate stays what it is.
3. Keyframes come first and when they are asked for. An object is used by one thread at a time.

The figures behind what is set here are in docs/decisions/0013-libvpx-directly.md.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stdint cimport int64_t
from libc.string cimport memset

cdef extern from "vpx/vpx_encoder.h" nogil:
    ctypedef struct vpx_codec_iface_t:
        pass
    ctypedef struct vpx_codec_ctx_t:
        pass
    ctypedef const void *vpx_codec_iter_t
    struct vpx_rational:
        int num
        int den
    ctypedef struct vpx_codec_enc_cfg_t:
        unsigned int g_threads, g_profile, g_w, g_h, g_lag_in_frames
        vpx_rational g_timebase
        int g_pass, rc_end_usage, kf_mode
        unsigned int rc_dropframe_thresh, rc_resize_allowed, rc_target_bitrate, rc_min_quantizer, rc_max_quantizer
        unsigned int rc_undershoot_pct, rc_overshoot_pct, rc_buf_sz, rc_buf_initial_sz, rc_buf_optimal_sz
    ctypedef struct vpx_image_t:
        unsigned char **planes
        int *stride
    ctypedef struct Chunk "vpx_codec_cx_pkt_t":
        int kind
        void *memory "data.frame.buf"
        size_t size "data.frame.sz"
    const int VPX_CBR, VPX_KF_DISABLED, VPX_RC_ONE_PASS, VPX_IMG_FMT_I420, VPX_CODEC_CX_FRAME_PKT
    const long VPX_EFLAG_FORCE_KF
    const unsigned long VPX_DL_REALTIME
    const char *vpx_codec_version_str()
    const char *vpx_codec_error(const vpx_codec_ctx_t *codec)
    const char *vpx_codec_error_detail(const vpx_codec_ctx_t *codec)
    int vpx_codec_enc_config_default(vpx_codec_iface_t *iface, vpx_codec_enc_cfg_t *config, unsigned int usage)
    int vpx_codec_enc_init(
        vpx_codec_ctx_t *codec, vpx_codec_iface_t *iface, const vpx_codec_enc_cfg_t *config, long flags
    )
    int vpx_codec_enc_config_set(vpx_codec_ctx_t *codec, const vpx_codec_enc_cfg_t *config)
    int vpx_codec_encode(
        vpx_codec_ctx_t *codec, const vpx_image_t *image, int64_t pts, unsigned long duration, long flags,
        unsigned long deadline
    )
    const Chunk *vpx_codec_get_cx_data(vpx_codec_ctx_t *codec, vpx_codec_iter_t *iterator)
    int vpx_codec_control_(vpx_codec_ctx_t *codec, int request, ...)
    int vpx_codec_destroy(vpx_codec_ctx_t *codec)
    vpx_image_t *vpx_img_wrap(
        vpx_image_t *image, int format, unsigned int width, unsigned int height, unsigned int align,
        unsigned char *memory
    )

cdef extern from "vpx/vp8cx.h" nogil:
    ctypedef struct vpx_active_map_t:
        unsigned char *active_map
        unsigned int rows, cols
    vpx_codec_iface_t *vpx_codec_vp8_cx()
    const int VP8E_SET_CPUUSED, VP8E_SET_NOISE_SENSITIVITY, VP8E_SET_STATIC_THRESHOLD, VP8E_SET_TOKEN_PARTITIONS
    const int VP8E_SET_MAX_INTRA_BITRATE_PCT, VP8E_SET_SCREEN_CONTENT_MODE, VP8E_SET_GF_CBR_BOOST_PCT
    const int VP8E_SET_ACTIVEMAP, VP8E_GET_LAST_QUANTIZER_64

cdef enum:
    CLOCK_RATE = 90000  # ticks in a second
    MAX_GAP = 4  # frame intervals: after a longer pause no more is spent at once, or what follows would come late
    BUFFER_MS = 400  # of bitrate: what the rate control may let pile up in the network at once
    MIN_QUANTIZER = 2  # the best but two of 63
    OVERSHOOT_PERCENT = 15
    UNDERSHOOT_PERCENT = 100

VERSION = vpx_codec_version_str().decode()


class VpxError(Exception):
    """libvpx refused what it was asked to do."""


def advance(
    unsigned char[:, ::1] still, unsigned char[:, ::1] sharp, unsigned char[:, ::1] active, parts, *,
    int settled, int refined, int refresh, int turn
):
    """The arithmetic of `mcu.media.macroblocks` for one frame, in one pass; all arrays have one element per macroblock.

    `parts` are (top, bottom, left, right) of what changed, in macroblocks within the picture, ends excluded.
    `settled`, `refined` and `refresh` are in frames, `turn` below `refresh`. Raises ValueError for parts beyond the
    picture, and arrays of different shapes.
    """
    cdef Py_ssize_t rows = still.shape[0], columns = still.shape[1], row, column
    cdef int top, bottom, left, right, age
    cdef bint due
    cdef unsigned char *line
    if not (sharp.shape[0] == active.shape[0] == rows and sharp.shape[1] == active.shape[1] == columns):
        raise ValueError("arrays of different shapes")
    for row in range(rows):
        line = &still[row, 0]
        due = row * 11 % refresh == turn
        for column in range(columns):
            line[column] += line[column] < 255
            age = line[column] - settled
            active[row, column] = (age >= 0) & ((age < refined) | due) & (sharp[row, column] == 0)
    for top, bottom, left, right in parts:
        if not (0 <= top <= bottom <= rows and 0 <= left <= right <= columns):
            raise ValueError("a part beyond the picture")
        for row in range(top, bottom):
            memset(&still[row, 0] + left, 0, right - left)
            memset(&sharp[row, 0] + left, 0, right - left)
            memset(&active[row, 0] + left, 1, right - left)


cdef class Vp8Encoder:
    """One encoder of one size.

    `speed` is libvpx's cpu-used without its sign: 1 (best) to 16 (fastest), fixed. `version` is that of the bitstream,
    0 to 3 (RFC 6386 section 9.1): each predicts and filters more simply. `golden_boost` is what frames kept as
    long-term reference get beyond the others, `max_keyframe_percent` what keyframes get of one frame's share; both in
    percent. `screen_content` quantizes chroma more finely than luma, and lets the quantizer fall by 12 steps a frame at
    most.
    """

    cdef vpx_codec_ctx_t codec
    cdef vpx_codec_enc_cfg_t config
    cdef vpx_image_t image
    cdef bint opened
    cdef int64_t time
    cdef readonly int width
    cdef readonly int height
    cdef readonly int fps
    cdef readonly int bitrate

    def __cinit__(
        self, int width, int height, *, int fps, int bitrate, int speed=10, int version=0, int static_threshold=0,
        int golden_boost=0, int max_keyframe_percent=0, int max_quantizer=56, bint screen_content=False
    ):
        cdef vpx_codec_enc_cfg_t *config = &self.config
        self.opened = False
        if width < 1 or height < 1 or fps < 1 or not 1 <= speed <= 16:
            raise ValueError("a size, a frame rate, a speed of 1 to 16")
        if not 0 <= version <= 3:
            raise ValueError("a version of 0 to 3")
        self.width, self.height, self.fps = width, height, fps
        self.check(vpx_codec_enc_config_default(vpx_codec_vp8_cx(), config, 0))
        config.g_threads = 1
        config.g_profile = version
        config.g_w, config.g_h = width, height
        config.g_timebase.num, config.g_timebase.den = 1, CLOCK_RATE
        config.g_pass = VPX_RC_ONE_PASS
        config.g_lag_in_frames = 0
        config.kf_mode = VPX_KF_DISABLED
        config.rc_end_usage = VPX_CBR
        config.rc_dropframe_thresh = 0
        config.rc_resize_allowed = 0
        config.rc_min_quantizer, config.rc_max_quantizer = MIN_QUANTIZER, max_quantizer
        config.rc_undershoot_pct, config.rc_overshoot_pct = UNDERSHOOT_PERCENT, OVERSHOOT_PERCENT
        config.rc_buf_sz = BUFFER_MS
        config.rc_buf_initial_sz, config.rc_buf_optimal_sz = BUFFER_MS * 3 // 4, BUFFER_MS * 5 // 6
        self.take_bitrate(bitrate)
        self.check(vpx_codec_enc_init(&self.codec, vpx_codec_vp8_cx(), config, 0))
        self.opened = True
        self.control(VP8E_SET_CPUUSED, -speed)  # positive ones follow the machine's load and are no constant
        self.control(VP8E_SET_NOISE_SENSITIVITY, 0)
        self.control(VP8E_SET_TOKEN_PARTITIONS, 0)  # one partition
        self.control(VP8E_SET_STATIC_THRESHOLD, static_threshold)
        self.control(VP8E_SET_MAX_INTRA_BITRATE_PCT, max_keyframe_percent)
        self.control(VP8E_SET_GF_CBR_BOOST_PCT, golden_boost)
        self.control(VP8E_SET_SCREEN_CONTENT_MODE, screen_content)
        # Some memory, so that none is allocated: each frame brings its own planes.
        vpx_img_wrap(&self.image, VPX_IMG_FMT_I420, width, height, 1, <unsigned char *> &self.config)

    def __dealloc__(self):
        if self.opened:
            vpx_codec_destroy(&self.codec)

    cdef int check(self, int result) except -1:
        cdef const char *detail = NULL
        if result != 0:
            if self.opened:
                detail = vpx_codec_error_detail(&self.codec)
            raise VpxError(f"{result}: {detail.decode() if detail != NULL else ''}")
        return 0

    cdef int control(self, int request, int value) except -1:
        return self.check(vpx_codec_control_(&self.codec, request, value))

    cdef void take_bitrate(self, int bitrate) noexcept:
        self.bitrate = bitrate
        self.config.rc_target_bitrate = max(1, bitrate // 1000)  # kbit/s

    @property
    def rows(self):
        """Rows of macroblocks."""
        return (self.height + 15) // 16

    @property
    def columns(self):
        """Columns of macroblocks."""
        return (self.width + 15) // 16

    @property
    def quantizer(self):
        """What the last frame was coded with: 0 is finest, 63 coarsest."""
        cdef int quantizer = 0
        self.check(vpx_codec_control_(&self.codec, VP8E_GET_LAST_QUANTIZER_64, &quantizer))
        return quantizer

    def set_bitrate(self, int bitrate):
        """Bits per second, from the next frame on; no keyframe comes of it."""
        if bitrate == self.bitrate:
            return
        self.take_bitrate(bitrate)
        self.check(vpx_codec_enc_config_set(&self.codec, &self.config))

    def set_static_threshold(self, int threshold):
        """Squared error up to which a macroblock may stay as it was, from the next frame on."""
        self.control(VP8E_SET_STATIC_THRESHOLD, threshold)

    def encode(self, planes, strides, *, long elapsed, bint keyframe=False, active=None):
        """The frame that `planes` (Y, U, V; bytes-like, rows `strides` apart) show, `elapsed` ticks after the last.

        `active` has one byte per macroblock, row by row: where it is 0 the frame before is shown again. Raises
        ValueError when something is too small, VpxError.
        """
        cdef Py_buffer views[3]
        cdef int held = 0, result
        cdef long flags = VPX_EFLAG_FORCE_KF if keyframe else 0
        cdef unsigned long duration = min(max(elapsed, 1), MAX_GAP * CLOCK_RATE // self.fps)
        if len(planes) != 3 or len(strides) != 3:
            raise ValueError("three planes and their strides")
        self.set_active(active)
        try:
            for index in range(3):
                PyObject_GetBuffer(planes[index], &views[index], PyBUF_SIMPLE)
                held += 1
                self.set_plane(index, &views[index], strides[index])
            with nogil:
                result = vpx_codec_encode(&self.codec, &self.image, self.time, duration, flags, VPX_DL_REALTIME)
        finally:
            for index in range(held):
                PyBuffer_Release(&views[index])
        self.time += duration
        self.check(result)
        return self.take()

    cdef int set_plane(self, int index, Py_buffer *view, int stride) except -1:
        cdef int width = self.width if index == 0 else (self.width + 1) // 2
        cdef int height = self.height if index == 0 else (self.height + 1) // 2
        if stride < width or view.len < <Py_ssize_t> stride * (height - 1) + width:
            raise ValueError(f"plane {index} is smaller than {width} x {height}")
        self.image.planes[index] = <unsigned char *> view.buf
        self.image.stride[index] = stride
        return 0

    cdef int set_active(self, object active) except -1:
        """libvpx copies the map. NULL makes everything active."""
        cdef Py_buffer view
        cdef vpx_active_map_t map
        map.rows, map.cols, map.active_map = self.rows, self.columns, NULL
        if active is None:
            return self.check(vpx_codec_control_(&self.codec, VP8E_SET_ACTIVEMAP, &map))
        PyObject_GetBuffer(active, &view, PyBUF_SIMPLE)
        try:
            if view.len != <Py_ssize_t> map.rows * map.cols:
                raise ValueError(f"the map has {view.len} macroblocks, the picture {map.rows * map.cols}")
            map.active_map = <unsigned char *> view.buf
            self.check(vpx_codec_control_(&self.codec, VP8E_SET_ACTIVEMAP, &map))
        finally:
            PyBuffer_Release(&view)
        return 0

    cdef bytes take(self):
        cdef vpx_codec_iter_t iterator = NULL
        cdef const Chunk *chunk
        cdef bytes data = b""
        while (chunk := vpx_codec_get_cx_data(&self.codec, &iterator)) != NULL:
            if chunk.kind == VPX_CODEC_CX_FRAME_PKT:
                data += (<const char *> chunk.memory)[:chunk.size]  # one, as there is one partition
        return data
