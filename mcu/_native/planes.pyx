"""Painting I420 planes: scale pictures into tiles and blend sprites over them, a whole composite in one call.

Everything is prepared beforehand (`Sprite`, `Paint`); `Canvas.paint` only takes the addresses of today's pictures,
lets go of the GIL once and paints. The arithmetic is in planes_*.c; docs/mixing.md tells the formulas.
"""

import os

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_STRIDED_RO, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset


cdef extern from "planes_kernels.h" nogil:
    struct plane_kernels:
        const char *name
        void mix(uint8_t *dst, const uint8_t *src, const uint8_t *alpha, int n) noexcept nogil

    const plane_kernels planes_scalar
    const plane_kernels *planes_best()


cdef extern from "planes_scaler.h" nogil:
    enum fit:
        FIT_CONTAIN
        FIT_COVER

    struct plane:
        uint8_t *data
        ptrdiff_t stride

    struct scaler:
        int width
        int height
        int rotation
        int aspect
        int out_width
        int out_height

    struct scratch:
        uint8_t *memory
        size_t size

    int scaler_build(
        scaler *self, int width, int height, int rotation, int aspect, int tile_width, int tile_height, fit fit
    )
    const int ASPECT_ONE
    void scaler_free(scaler *self)
    int scaler_run(const scaler *self, const plane_kernels *kernels, const plane *src, const plane *dst,
                   scratch *scratch)


cdef bint prefer_scalar = os.environ.get("MCU_SCALAR", "") not in ("", "0")  # to rule the vector code out in the field


cdef const plane_kernels *kernels_named(str name) except NULL:
    if name == "scalar":
        return &planes_scalar
    cdef const plane_kernels *best = planes_best()
    if name == "" and prefer_scalar:
        return &planes_scalar
    if name in ("", best.name.decode()):
        return best
    raise ValueError(f"this processor has no {name!r} kernels")


def available_kernels() -> tuple:
    """Names of the kernels that this processor can run, the best first."""
    best = planes_best().name.decode()
    return (best, "scalar") if best != "scalar" else ("scalar",)


# --- what is prepared ---------------------------------------------------------------------------------------------


cdef struct pixels:     # width × height luma samples; U and V have half of both, and so has their alpha
    int width
    int height
    uint8_t *memory
    uint8_t *component[3]
    uint8_t *alpha[2]   # for luma, for chroma


cdef class Sprite:
    """A small picture with transparency. Immutable; one may lie on many tiles.

    `y` and `alpha` are (height, width), `u`, `v` and `chroma_alpha` (height / 2, width / 2), all C-contiguous uint8;
    width and height are even. Alpha 255 covers, 0 leaves what is there. Raises ValueError for other shapes.
    """

    cdef pixels pixels

    def __cinit__(self, y, u, v, alpha, chroma_alpha):
        cdef const uint8_t[:, ::1] luma
        cdef int number
        height, width = y.shape
        if width % 2 or height % 2 or not width or not height:
            raise ValueError(f"sprite of {width}×{height} samples")
        whole, half = (height, width), (height // 2, width // 2)
        if alpha.shape != whole or not u.shape == v.shape == chroma_alpha.shape == half:
            raise ValueError("planes of a sprite do not belong together")
        cdef size_t size = width * height, quarter = size // 4
        self.pixels.width, self.pixels.height = width, height
        self.pixels.memory = <uint8_t *>malloc(2 * size + 3 * quarter)
        if self.pixels.memory == NULL:
            raise MemoryError
        cdef uint8_t *at = self.pixels.memory
        for number, samples in enumerate((y, u, v, alpha, chroma_alpha)):
            luma = samples
            memcpy(at, &luma[0, 0], luma.shape[0] * luma.shape[1])
            if number < 3:
                self.pixels.component[number] = at
            else:
                self.pixels.alpha[number - 3] = at
            at += luma.shape[0] * luma.shape[1]

    def __dealloc__(self):
        free(self.pixels.memory)

    @property
    def width(self) -> int:
        return self.pixels.width

    @property
    def height(self) -> int:
        return self.pixels.height


cdef struct placed:
    const pixels *sprite
    int x
    int y


cdef class Paint:
    """How one tile is painted: its rectangle, what lies under the picture and what lies over it.

    x, y, width and height are even, in luma samples of the canvas. `background` is (Y, U, V), seen where there is no
    picture. `sprites` are (sprite, x, y) with even offsets from the tile's corner, painted in order; each has to lie
    inside the tile. `cover` fills the tile and cuts what stands over, as long as half of the picture stays; where less
    would, three quarters are shown between bars. Otherwise all of it is shown.
    """

    cdef int x, y, width, height
    cdef uint8_t background[3]
    cdef fit fit
    cdef scaler scaler
    cdef bint scaled          # scaler is built, or known not to be possible for its size
    cdef bint possible
    cdef unsigned long long stamp  # the last call that used it: within one, its scaler must stay as it is
    cdef placed *sprites
    cdef int count
    cdef tuple kept           # the sprites' owners

    def __cinit__(self, *, int x, int y, int width, int height, bint cover, background, sprites=()):
        if (x | y | width | height) & 1 or width < 2 or height < 2 or x < 0 or y < 0:
            raise ValueError(f"tile of {width}×{height} samples at {x}, {y}")
        self.x, self.y, self.width, self.height = x, y, width, height
        self.background[0], self.background[1], self.background[2] = background
        self.fit = FIT_COVER if cover else FIT_CONTAIN
        self.kept = tuple(sprites)
        self.count = len(self.kept)
        self.sprites = <placed *>malloc(sizeof(placed) * max(1, self.count))
        if self.sprites == NULL:
            raise MemoryError
        cdef int number
        cdef int left, top
        cdef Sprite sprite
        for number in range(self.count):
            sprite, left, top = self.kept[number]
            if (left | top) & 1 or left < 0 or top < 0 \
                    or left + sprite.pixels.width > width or top + sprite.pixels.height > height:
                raise ValueError("sprite leaves its tile")
            self.sprites[number] = placed(&sprite.pixels, left, top)

    def __dealloc__(self):
        scaler_free(&self.scaler)
        free(self.sprites)

    cdef bint fit_to(self, int width, int height, int rotation, double aspect):
        """Make the scaler ready for pictures of this size; False when they cannot be shown."""
        cdef scaler *now = &self.scaler
        cdef int wide = <int>(aspect * ASPECT_ONE + 0.5) if 0.0 < aspect < 100.0 else 0
        if not self.scaled or now.width != width or now.height != height or now.rotation != rotation \
                or now.aspect != wide:
            scaler_free(now)
            self.possible = scaler_build(now, width, height, rotation, wide, self.width, self.height, self.fit) == 0
            self.scaled = True
            now.width, now.height, now.rotation, now.aspect = width, height, rotation, wide
        return self.possible


cdef unsigned long long calls = 0

# --- painting -----------------------------------------------------------------------------------------------------


cdef struct job:
    int x
    int y
    int width
    int height
    const uint8_t *background
    const scaler *scaler      # NULL: no picture
    plane source[3]
    const placed *sprites
    int count


cdef void fill(const plane *planes, int x, int y, int width, int height, const uint8_t *colour) noexcept nogil:
    cdef int number, shift, _row
    cdef uint8_t *at
    for number in range(3):
        shift = number > 0
        at = planes[number].data + (y >> shift) * planes[number].stride + (x >> shift)
        for _row in range(height >> shift):
            memset(at, colour[number], width >> shift)
            at += planes[number].stride


cdef void lay(const plane_kernels *kernels, const plane *planes, const placed *item, int x, int y) noexcept nogil:
    cdef int number, shift, row, width
    cdef ptrdiff_t offset
    cdef uint8_t *at
    for number in range(3):
        shift = number > 0
        width = item.sprite.width >> shift
        at = planes[number].data + ((y + item.y) >> shift) * planes[number].stride + ((x + item.x) >> shift)
        for row in range(item.sprite.height >> shift):
            offset = row * width
            kernels.mix(at, item.sprite.component[number] + offset, item.sprite.alpha[shift] + offset, width)
            at += planes[number].stride


cdef int paint_job(const plane_kernels *kernels, const plane *planes, const job *work, scratch *space) noexcept nogil:
    cdef plane corner[3]
    cdef int number, shift
    cdef int result = 0
    if work.scaler == NULL or work.scaler.out_width < work.width or work.scaler.out_height < work.height:
        fill(planes, work.x, work.y, work.width, work.height, work.background)
    if work.scaler != NULL:
        for number in range(3):
            shift = number > 0
            corner[number].stride = planes[number].stride
            corner[number].data = planes[number].data + (work.y >> shift) * planes[number].stride + (work.x >> shift)
        result = scaler_run(work.scaler, kernels, work.source, corner, space)
    for number in range(work.count):
        lay(kernels, planes, &work.sprites[number], work.x, work.y)
    return result


cdef class Canvas:
    """Three I420 planes that are painted on: those of an encoder's frame. Belongs to one thread at a time.

    `planes` are writable buffers of bytes and `strides` their bytes per row; they are held as long as the canvas
    lives. `kernels` is one of `available_kernels()`, "" the best, or the plain ones when the environment
    has MCU_SCALAR=1. `refused` counts pictures that could not be shown:
    planes that do not belong together, or a size beyond 16...8192 samples a side.
    """

    cdef Py_buffer views[3]
    cdef int held
    cdef plane planes[3]
    cdef readonly int width, height
    cdef readonly int refused
    cdef const plane_kernels *kernels
    cdef scratch space

    def __cinit__(self, planes, strides, int width, int height, *, str kernels=""):
        cdef int number, shift
        if width < 2 or height < 2 or (width | height) & 1:
            raise ValueError(f"canvas of {width}×{height} samples")
        self.kernels = kernels_named(kernels)
        self.width, self.height = width, height
        for number in range(3):
            shift = number > 0
            PyObject_GetBuffer(planes[number], &self.views[number], PyBUF_WRITABLE | PyBUF_SIMPLE)
            self.held = number + 1
            self.planes[number].data = <uint8_t *>self.views[number].buf
            self.planes[number].stride = strides[number]
            if strides[number] < width >> shift or \
                    self.views[number].len < strides[number] * ((height >> shift) - 1) + (width >> shift):
                raise ValueError("a plane is smaller than the canvas")

    def __dealloc__(self):
        for number in range(self.held):
            PyBuffer_Release(&self.views[number])
        free(self.space.memory)

    @property
    def kernel_name(self) -> str:
        return self.kernels.name.decode()

    def fill(self, int x, int y, int width, int height, colour) -> None:
        """Set a rectangle of even luma samples to one (Y, U, V)."""
        cdef uint8_t values[3]
        values[0], values[1], values[2] = colour
        if (x | y | width | height) & 1 or x < 0 or y < 0 or width < 0 or height < 0 \
                or x + width > self.width or y + height > self.height:
            raise ValueError("rectangle leaves the canvas")
        with nogil:
            fill(self.planes, x, y, width, height, values)

    def paint(self, work) -> None:
        """Paint a list of (Paint, picture or None), in order.

        A picture has uint8 arrays y, u, v, a clockwise rotation of 0, 90, 180 or 270 degrees, and the aspect of its
        samples before that turn, 1/4 to 4. Without one, or with one that cannot be shown, the tile's background is
        painted.
        """
        global calls
        calls += 1
        cdef unsigned long long stamp = calls
        cdef Py_ssize_t count = len(work), number, held = 0
        cdef int failed = 0
        cdef Paint paint
        cdef job *jobs = <job *>calloc(max(1, count), sizeof(job))
        cdef Py_buffer *views = <Py_buffer *>calloc(max(1, 3 * count), sizeof(Py_buffer))
        try:
            if jobs == NULL or views == NULL:
                raise MemoryError
            for number in range(count):
                paint, picture = work[number]
                if paint.x + paint.width > self.width or paint.y + paint.height > self.height:
                    raise ValueError("tile leaves the canvas")
                if paint.stamp == stamp:
                    raise ValueError("a tile is painted twice in one call")
                paint.stamp = stamp
                jobs[number].x, jobs[number].y = paint.x, paint.y
                jobs[number].width, jobs[number].height = paint.width, paint.height
                jobs[number].background = paint.background
                jobs[number].sprites, jobs[number].count = paint.sprites, paint.count
                if picture is None:
                    continue
                PyObject_GetBuffer(picture.y, &views[held], PyBUF_STRIDED_RO)
                held += 1
                PyObject_GetBuffer(picture.u, &views[held], PyBUF_STRIDED_RO)
                held += 1
                PyObject_GetBuffer(picture.v, &views[held], PyBUF_STRIDED_RO)
                held += 1
                if take(&views[held - 3], jobs[number].source) and paint.fit_to(
                    <int>views[held - 3].shape[1], <int>views[held - 3].shape[0], picture.rotation, picture.aspect
                ):
                    jobs[number].scaler = &paint.scaler
                else:
                    self.refused += 1
            with nogil:
                for number in range(count):
                    failed |= paint_job(self.kernels, self.planes, &jobs[number], &self.space)
            if failed:
                raise MemoryError
        finally:
            for number in range(held):
                PyBuffer_Release(&views[number])
            free(jobs)
            free(views)


cdef bint take(const Py_buffer *views, plane *source) noexcept:
    """The addresses of an I420 picture's planes; False when they do not belong together."""
    cdef int number
    cdef const Py_buffer *view
    cdef Py_ssize_t width, height
    for number in range(3):
        view = &views[number]
        if view.ndim != 2 or view.itemsize != 1 or view.shape[0] < 1 or view.shape[1] < 1 or view.strides[1] != 1:
            return False
        width, height = views[0].shape[1], views[0].shape[0]
        if number and (view.shape[1] != (width + 1) // 2 or view.shape[0] != (height + 1) // 2):
            return False
        source[number].data = <uint8_t *>view.buf
        source[number].stride = view.strides[0]
    return True
