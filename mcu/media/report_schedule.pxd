# C types of report_schedule.py.


cdef class ReportSchedule:
    cdef readonly double due
    cdef double _minimum
    cdef object _random
    cdef double _average_size

    cpdef sent(self, double size, double now)
