# C types of reception_statistics.py.
from mcu._native.fast_path cimport SourceCount


cdef class ReceptionStatistics(SourceCount):
    cdef readonly object clock
    cdef long long _last_sr
    cdef double _last_sr_arrival
