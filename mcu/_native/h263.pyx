# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the macroblocks of an H.263 picture begin, for RTP (RFC 2190). A picture is octets from its start code on.

Nothing here raises for what the octets say.
"""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport free, malloc

cdef extern from "h263_scan.h" nogil:
    const int H263_MOST
    ctypedef struct h263_place:
        uint32_t bit
        int quant, gobn, mba, hmv, vmv
    int h263_scan(h263_place *place, const uint8_t *data, uint32_t bits)

cdef enum:
    MAX_OCTETS = 1 << 20  # eight times what a picture of 16CIF may have (BPPmaxKb); bits are counted in 32


def places(const uint8_t[::1] data):
    """(bit, QUANT, GOBN, MBA, HMV1, VMV1) of each macroblock that no header precedes, up to where the picture cannot be
    read: it is broken, or has options."""
    if not 0 < data.shape[0] <= MAX_OCTETS:
        return []
    cdef h263_place *found = <h263_place *> malloc(H263_MOST * sizeof(h263_place))
    cdef int count, number
    if found == NULL:
        raise MemoryError
    try:
        with nogil:
            count = h263_scan(found, &data[0], <uint32_t> (8 * data.shape[0]))
        return [
            (found[number].bit, found[number].quant, found[number].gobn, found[number].mba, found[number].hmv,
             found[number].vmv)
            for number in range(count)
        ]
    finally:
        free(found)
