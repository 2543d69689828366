# cython: language_level=3, boundscheck=False, wraparound=False
"""Arithmetic on blocks of audio: mono float32 arrays, one dimension, contiguous, 48 kHz unless said otherwise.

Rules:
1. Arguments are checked here, with ValueError for a wrong dtype, shape or length; the C below trusts them.
2. What is returned is new memory unless the docstring says otherwise; arguments are not written to.
3. The interpreter lock is released where periods are looked for, and for other rates. One run through a block of 20 ms
   takes less time than getting the lock back.
"""

from libc.math cimport log10
from libc.stdint cimport uint8_t
from libc.string cimport memcpy, memmove, memset

cimport numpy as cnp

cnp.import_array()

cdef extern from "samples_kernels.h" nogil:
    const int SAMPLES_MIN_PERIOD
    const int SAMPLES_MAX_PERIOD
    ctypedef struct samples_limiter:
        float gain
    float samples_peak(const float *x, int n)
    float samples_energy(const float *x, int n)
    void samples_add(float *total, const float *x, int n)
    void samples_subtract(float *out, const float *total, const float *own, int n)
    void samples_ramp(float *out, const float *x, int n, float first, float last, int length)
    int samples_period_ahead(const float *x, int n, float *similarity)
    int samples_period_behind(const float *x, int n, float *similarity)
    void samples_remove(float *out, const float *x, int n, int period)
    void samples_insert(float *out, const float *x, int n, int period)
    void samples_extend(float *out, int length, const float *history, int n)
    int samples_limiter_idle(const samples_limiter *limiter, const float *x, int n)
    void samples_limit(samples_limiter *limiter, float *out, const float *x, int n)
    void samples_interpolate(float *out, const float *x, int n, const float *taps, int count, int factor)
    void samples_decimate(float *out, const float *x, int n, const float *taps, int count, int factor)
    void samples_decode_pcmu(float *out, const uint8_t *code, int n)
    void samples_decode_pcma(float *out, const uint8_t *code, int n)
    void samples_encode_pcmu(uint8_t *code, const float *x, int n)
    void samples_encode_pcma(uint8_t *code, const float *x, int n)

MIN_PERIOD = SAMPLES_MIN_PERIOD
MAX_PERIOD = SAMPLES_MAX_PERIOD
LOWEST_LEVEL = -127.0  # dBov, RFC 6464 section 3

cdef enum:
    MAX_SAMPLES = 1 << 20  # 22 s; a larger array is a mistake of ours, and lengths below are C ints


cdef float *data_of(object array, int *length) except NULL:
    """The samples of `array` and how many. Raises ValueError."""
    if not cnp.PyArray_Check(array):
        raise ValueError("samples are a numpy array")
    cdef cnp.ndarray samples = <cnp.ndarray> array
    if (
        cnp.PyArray_TYPE(samples) != cnp.NPY_FLOAT32
        or cnp.PyArray_NDIM(samples) != 1
        or not cnp.PyArray_IS_C_CONTIGUOUS(samples)
    ):
        raise ValueError("samples are float32, one-dimensional and contiguous")
    if cnp.PyArray_SIZE(samples) > MAX_SAMPLES:
        raise ValueError("too many samples")
    length[0] = <int> cnp.PyArray_SIZE(samples)
    return <float *> cnp.PyArray_DATA(samples)


cdef cnp.ndarray new_samples(cnp.npy_intp length):
    return cnp.PyArray_EMPTY(1, &length, cnp.NPY_FLOAT32, 0)


def level(samples):
    """The level in dBov as RFC 6464 counts it: 0 is a full-scale square wave, -127 the lowest."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    cdef double energy
    energy = samples_energy(x, n)
    if n == 0 or energy <= 2e-13 * n:
        return LOWEST_LEVEL
    return min(0.0, 10.0 * log10(energy / n))


def peak(samples):
    """The largest magnitude."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    cdef float result
    result = samples_peak(x, n)
    return result


def total(list blocks):
    """The sum of arrays of equal length, at least one."""
    cdef int n = 0, m
    cdef float *x
    cdef float *out = NULL
    cdef cnp.ndarray result = None
    for block in blocks:
        x = data_of(block, &m)
        if out == NULL:
            n = m
            result = new_samples(n)
            out = <float *> cnp.PyArray_DATA(result)
            memset(out, 0, n * sizeof(float))
        if n != m:
            raise ValueError("arrays of equal length")
        samples_add(out, x, n)
    if out == NULL:
        raise ValueError("at least one array")
    return result


def subtract(total, own):
    """`total` without `own`; equal lengths."""
    cdef int n, m
    cdef float *t = data_of(total, &n)
    cdef float *x = data_of(own, &m)
    if n != m:
        raise ValueError("arrays of equal length")
    cdef cnp.ndarray result = new_samples(n)
    cdef float *out = <float *> cnp.PyArray_DATA(result)
    samples_subtract(out, t, x, n)
    return result


def ramp(samples, *, float first, float last, int length):
    """`samples` times a gain that moves smoothly from `first` to `last` over `length` samples and then stays."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    cdef cnp.ndarray result = new_samples(n)
    cdef float *out = <float *> cnp.PyArray_DATA(result)
    samples_ramp(out, x, n, first, last, length)
    return result


def period(samples):
    """(period, similarity) at the beginning of `samples`: after how many samples the wave comes again, and how alike
    the two are, -1 to 1. At least 2 * MIN_PERIOD samples; 2 * MAX_PERIOD are looked at."""
    cdef int n, result
    cdef float *x = data_of(samples, &n)
    cdef float similarity
    if n < 2 * SAMPLES_MIN_PERIOD:
        raise ValueError("too short to have a period")
    with nogil:
        result = samples_period_ahead(x, n, &similarity)
    return result, similarity


def remove_period(samples, int length):
    """`samples` shorter by `length`: the first two periods are blended into one. At least two periods."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    if length < 1 or n < 2 * length:
        raise ValueError("two periods are needed")
    cdef cnp.ndarray result = new_samples(n - length)
    cdef float *out = <float *> cnp.PyArray_DATA(result)
    with nogil:
        samples_remove(out, x, n, length)
    return result


def insert_period(samples, int length):
    """`samples` longer by `length`: the first period is heard twice. At least two periods."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    if length < 1 or n < 2 * length:
        raise ValueError("two periods are needed")
    cdef cnp.ndarray result = new_samples(n + length)
    cdef float *out = <float *> cnp.PyArray_DATA(result)
    with nogil:
        samples_insert(out, x, n, length)
    return result


def extend(history, int length):
    """`length` samples that continue `history` by repeating its last period. At least 2 * MIN_PERIOD of history;
    2 * MAX_PERIOD are looked at."""
    cdef int n
    cdef float *x = data_of(history, &n)
    if n < 2 * SAMPLES_MIN_PERIOD or not 0 <= length <= MAX_SAMPLES:
        raise ValueError("too little history or a wrong length")
    cdef cnp.ndarray result = new_samples(length)
    cdef float *out = <float *> cnp.PyArray_DATA(result)
    with nogil:
        samples_extend(out, length, x, n)
    return result


def decode_pcmu(const uint8_t[::1] payload):
    """G.711 µ-law to float32 at 8 kHz."""
    cdef int n = <int> payload.shape[0]
    cdef cnp.ndarray result = new_samples(n)
    if n:
        samples_decode_pcmu(<float *> cnp.PyArray_DATA(result), &payload[0], n)
    return result


def decode_pcma(const uint8_t[::1] payload):
    """G.711 A-law to float32 at 8 kHz."""
    cdef int n = <int> payload.shape[0]
    cdef cnp.ndarray result = new_samples(n)
    if n:
        samples_decode_pcma(<float *> cnp.PyArray_DATA(result), &payload[0], n)
    return result


def encode_pcmu(samples):
    """Float32 at 8 kHz to G.711 µ-law."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    cdef bytearray code = bytearray(n)
    samples_encode_pcmu(<uint8_t *> <char *> code, x, n)
    return bytes(code)


def encode_pcma(samples):
    """Float32 at 8 kHz to G.711 A-law."""
    cdef int n
    cdef float *x = data_of(samples, &n)
    cdef bytearray code = bytearray(n)
    samples_encode_pcma(<uint8_t *> <char *> code, x, n)
    return bytes(code)


cdef class Limiter:
    """Keeps one mix below full scale without delaying it. The gain falls within 2.5 ms and returns over 150 ms."""

    cdef samples_limiter state

    def __cinit__(self, float gain=1.0):
        self.state.gain = gain

    @property
    def gain(self):
        """The gain at the end of the last block, 1 when nothing is held down."""
        return self.state.gain

    def process(self, samples):
        """`samples` with magnitudes below 1: the same object where nothing had to be done."""
        cdef int n
        cdef float *x = data_of(samples, &n)
        if samples_limiter_idle(&self.state, x, n):
            return samples
        cdef cnp.ndarray result = new_samples(n)
        cdef float *out = <float *> cnp.PyArray_DATA(result)
        samples_limit(&self.state, out, x, n)
        return result


cdef class Resampler:
    """A linear-phase filter between two rates of which one is `factor` times the other; continuous over calls.

    `taps` is its impulse response at the higher rate, with gain 1 at 0 Hz and a length that is a multiple of `factor`.
    """

    cdef object taps
    cdef object past
    cdef int factor
    cdef int keep

    def reset(self):
        """Forget what went before."""
        self.past[:] = 0

    def continue_from(self, Resampler other):
        """Take over the past of a resampler with the same taps."""
        self.past[:] = other.past

    cdef cnp.ndarray joined(self, object samples, int n):
        """Past and present in one array; the end of it becomes the next past."""
        cdef cnp.ndarray both = new_samples(self.keep + n)
        cdef float *out = <float *> cnp.PyArray_DATA(both)
        cdef float *past = <float *> cnp.PyArray_DATA(<cnp.ndarray> self.past)
        memcpy(out, past, self.keep * sizeof(float))
        memcpy(out + self.keep, cnp.PyArray_DATA(<cnp.ndarray> samples), n * sizeof(float))
        memmove(past, out + n, self.keep * sizeof(float))
        return both


cdef class Upsampler(Resampler):
    """From the lower to the higher rate."""

    def __init__(self, taps, int factor):
        cdef int count
        data_of(taps, &count)
        if factor < 1 or count < 2 * factor or count % factor:
            raise ValueError("the number of taps is a multiple of the factor")
        # One row per phase, newest sample last, so that the inner loop runs forward through both arrays.
        self.taps = (taps * factor).reshape(-1, factor)[::-1].T.copy().reshape(-1)
        self.factor = factor
        self.keep = count // factor - 1
        self.past = taps[: self.keep] * 0

    def process(self, samples):
        """n samples to n * factor."""
        cdef int n, count
        data_of(samples, &n)
        cdef float *taps = data_of(self.taps, &count)
        cdef cnp.ndarray both = self.joined(samples, n)
        cdef float *x = <float *> cnp.PyArray_DATA(both)
        cdef cnp.ndarray result = new_samples(n * self.factor)
        cdef float *out = <float *> cnp.PyArray_DATA(result)
        with nogil:
            samples_interpolate(out, x, n, taps, count, self.factor)
        return result


cdef class Downsampler(Resampler):
    """From the higher to the lower rate."""

    def __init__(self, taps, int factor):
        cdef int count
        data_of(taps, &count)
        if factor < 1 or count < 2 * factor or count % factor:
            raise ValueError("the number of taps is a multiple of the factor")
        self.taps = taps[::-1].copy()
        self.factor = factor
        self.keep = count - factor
        self.past = taps[: self.keep] * 0

    def process(self, samples):
        """n samples, a multiple of the factor, to n / factor."""
        cdef int n, count
        data_of(samples, &n)
        if n % self.factor:
            raise ValueError("a whole number of output samples")
        cdef float *taps = data_of(self.taps, &count)
        cdef cnp.ndarray both = self.joined(samples, n)
        cdef float *x = <float *> cnp.PyArray_DATA(both)
        cdef cnp.ndarray result = new_samples(n // self.factor)
        cdef float *out = <float *> cnp.PyArray_DATA(result)
        with nogil:
            samples_decimate(out, x, n, taps, count, self.factor)
        return result
