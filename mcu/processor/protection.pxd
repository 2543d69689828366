# C types of protection.py.

cdef double ENTER
cdef double LEAVE


cdef class Protection:
    cdef bint _protected

    cpdef double update(self, double reported, profile)
