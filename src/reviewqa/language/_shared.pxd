# cython: language_level=3
"""What several twins in C do alike."""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.object cimport PyTypeObject
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int32_t

cdef enum:
    NUMBERED = 50_000  # numbers of words are below it
    UNNUMBERED = -1

cdef extern from "Python.h":
    object PyType_GenericAlloc(PyTypeObject* kind, Py_ssize_t size)
    void PyTuple_SET_ITEM(object row, Py_ssize_t at, object item)


cdef inline object place_of(object kind, object turn, object start, object end, object cue):
    """A ``Place`` without a wait, made without a call of its class: conversations have dozens."""
    cdef object place = PyType_GenericAlloc(<PyTypeObject*>kind, 5)
    cdef Py_ssize_t at
    for at, item in enumerate((turn, start, end, cue, None)):
        Py_INCREF(item)
        PyTuple_SET_ITEM(place, at, item)
    return place


cdef inline const int32_t* numbers_of(object tokens):
    """See ``tokens.Tokens``: how many times all numbers were given anew, then those of the words; NULL without them."""
    cdef bytes numbers = tokens.numbers
    return <const int32_t*>PyBytes_AS_STRING(numbers) if len(numbers) else NULL


cdef inline int32_t number_at(const int32_t* numbers, Py_ssize_t at) noexcept:
    """The number of a word, or ``UNNUMBERED``."""
    return numbers[1 + at] if numbers != NULL else UNNUMBERED


cdef inline bint given_anew(const int32_t* numbers, int32_t* times) noexcept:
    """Whether what is known by the numbers of words is to be forgotten, since they stand for others now."""
    if numbers == NULL or numbers[0] == times[0]:
        return False
    times[0] = numbers[0]
    return True
