# cython: language_level=3, boundscheck=False, wraparound=False
"""ITU-T G.722 at 64 kbit/s, both ways: float32 at 16 kHz, mono, one-dimensional and contiguous.

Rules:
1. Every octet string is a valid code: nothing that a peer sent raises.
2. The interpreter lock is released while coding. An object is used by one thread at a time.
"""

from libc.stdint cimport uint8_t

cimport numpy as cnp

cnp.import_array()

cdef extern from "g722_codec.h" nogil:
    ctypedef struct g722_state:
        pass
    void g722_reset(g722_state *state)
    void g722_encode(g722_state *state, uint8_t *code, const float *samples, int n)
    void g722_decode(g722_state *state, float *samples, const uint8_t *code, int n)

cdef enum:
    MAX_OCTETS = 1 << 20  # two minutes; more is a mistake of ours, and lengths below are C ints


cdef class G722Encoder:
    cdef g722_state state

    def __cinit__(self):
        g722_reset(&self.state)

    def encode(self, const float[::1] samples):
        """The code of an even number of samples, one octet for two. Raises ValueError for an odd number."""
        cdef int n = <int> (samples.shape[0] // 2)
        if samples.shape[0] % 2 or samples.shape[0] > 2 * MAX_OCTETS:
            raise ValueError("an even number of samples")
        cdef bytearray code = bytearray(n)
        cdef uint8_t *out = <uint8_t *> <char *> code
        if n:
            with nogil:
                g722_encode(&self.state, out, &samples[0], n)
        return bytes(code)

    def fork(self):
        """A second encoder in the same state."""
        cdef G722Encoder other = G722Encoder()
        other.state = self.state
        return other

    def reset(self):
        """Forget all that was coded."""
        g722_reset(&self.state)


cdef class G722Decoder:
    cdef g722_state state

    def __cinit__(self):
        g722_reset(&self.state)

    def decode(self, const uint8_t[::1] payload):
        """The samples of a payload, two for each octet. Raises ValueError for more than two minutes at once."""
        cdef cnp.npy_intp length = 2 * payload.shape[0]
        if length > 2 * MAX_OCTETS:
            raise ValueError("more than two minutes")
        cdef cnp.ndarray result = cnp.PyArray_EMPTY(1, &length, cnp.NPY_FLOAT32, 0)
        cdef float *out = <float *> cnp.PyArray_DATA(result)
        cdef int n = <int> payload.shape[0]
        if n:
            with nogil:
                g722_decode(&self.state, out, &payload[0], n)
        return result

    def reset(self):
        """Forget all that was decoded."""
        g722_reset(&self.state)
