# C types of loudest.py.
cimport cython


cdef class Loudest:
    cdef int _limit
    cdef frozenset _chosen
    cdef dict _hanging

    @cython.locals(before=dict, chosen=frozenset, hanging=dict, candidates=list, level=cython.double, left=cython.int,
                   audible=cython.double, silence=cython.double, advantage=cython.double)
    cpdef frozenset choose(self, levels)
