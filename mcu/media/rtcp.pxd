# C types of rtcp.py.
cimport cython


@cython.locals(packets=list, position=cython.Py_ssize_t, end=cython.Py_ssize_t, first=cython.int,
               packet_type=cython.int, words=cython.int, count=cython.int, body=bytes, padding=cython.int)
cpdef list parse(bytes data)


@cython.locals(words=cython.int)
cpdef bytes transport_wide(bytes data)


@cython.locals(padding=cython.int, first=cython.int)
cdef bytes _packet(int packet_type, int count, bytes body)


cdef bytes _feedback(int packet_type, int fmt, packet, bytes items)
