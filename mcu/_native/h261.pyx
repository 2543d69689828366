# cython: language_level=3, boundscheck=False, wraparound=False
"""Where the macroblocks of an H.261 picture begin, for RTP (RFC 4587). A picture is octets from its start code on.

Nothing here raises for what the octets say.
"""

from libc.stdint cimport uint8_t, uint32_t

cdef extern from "h261_scan.h" nogil:
    ctypedef struct h261_place:
        uint32_t bit
        int gobn, mbap, quant, hmvd, vmvd
    ctypedef struct h261_picture:
        int cif, gobs, macroblocks, intra, in_order, places, broken
        h261_place place[408]
    void h261_scan(h261_picture *picture, const uint8_t *data, uint32_t bits)

cdef enum:
    MAX_OCTETS = 1 << 20  # thirty times the largest picture that H.261 allows; bits are counted in 32
    GROUP_MACROBLOCKS = 33
    CIF_GROUPS = 12
    QCIF_GROUPS = 3


cdef bint scan(const uint8_t[::1] data, h261_picture *picture):
    if not 0 < data.shape[0] <= MAX_OCTETS:
        return False
    with nogil:
        h261_scan(picture, &data[0], <uint32_t> (8 * data.shape[0]))
    return True


def is_intra(const uint8_t[::1] data):
    """Whether every macroblock of the picture is there and refers to no other picture."""
    cdef h261_picture picture
    if not scan(data, &picture) or picture.broken:
        return False
    cdef int groups = CIF_GROUPS if picture.cif else QCIF_GROUPS
    return picture.gobs == groups and picture.intra == groups * GROUP_MACROBLOCKS


def begins_intra(const uint8_t[::1] data):
    """The same of the beginning of a picture, as far as it goes."""
    cdef h261_picture picture
    return scan(data, &picture) and picture.in_order and picture.intra == picture.macroblocks > 0


def pieces(const uint8_t[::1] data, Py_ssize_t size):
    """The picture in pieces that touch at most `size` octets: (begin and end in bits, GOBN, MBAP, QUANT, HMVD, VMVD).

    Cut where a group begins, or, in a group that is too large, where a macroblock does. A piece without such a place
    is larger: no macroblock has more than 960 octets.
    """
    cdef h261_picture picture
    cdef int first = 0, last, group
    cdef uint32_t end
    cdef h261_place *place
    found = []
    if not scan(data, &picture) or picture.places == 0:
        return found
    while first < picture.places:
        last, group = first + 1, 0
        while last < picture.places and picture.place[last].bit + 7 >> 3 <= (picture.place[first].bit >> 3) + size:
            if picture.place[last].gobn == 0:
                group = last
            last += 1
        if last == picture.places and data.shape[0] <= (picture.place[first].bit >> 3) + size:
            end = <uint32_t> (8 * data.shape[0])
        else:
            last = group if group else max(first + 1, last - 1)
            end = picture.place[last].bit if last < picture.places else <uint32_t> (8 * data.shape[0])
        place = &picture.place[first]
        found.append((place.bit, end, place.gobn, place.mbap, place.quant, place.hmvd, place.vmvd))
        first = last
    return found
