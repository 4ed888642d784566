# cython: language_level=3, boundscheck=False, wraparound=False
"""``evened`` in C: what ``view.evened`` does, many times faster, text for text. A test holds the two together."""

from libc.stdint cimport uint32_t

from reviewqa.language.view import DROPPED, TABLE

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 most)
    unsigned char* PyUnicode_1BYTE_DATA(str text)
    int PyUnicode_KIND(str text)
    void* PyUnicode_DATA(str text)
    uint32_t PyUnicode_READ(int kind, void* text, Py_ssize_t at)

cdef enum:
    CODES = 0x10000  # all that are ever dropped are among them
    UNKNOWN = 0
    DROP = 0xFF

cdef unsigned char _PLAIN[CODES]  # what characters become, worked out when first met


def evened(str text):
    """See ``view.evened``."""
    cdef Py_ssize_t size = len(text), at
    cdef int kind = PyUnicode_KIND(text)
    cdef void* read = PyUnicode_DATA(text)
    cdef str even = PyUnicode_New(size, 127)
    cdef unsigned char* written = PyUnicode_1BYTE_DATA(even)
    cdef unsigned char plain
    cdef uint32_t code
    for at in range(size):
        code = PyUnicode_READ(kind, read, at)
        plain = _PLAIN[code] if code < CODES else UNKNOWN
        if plain == UNKNOWN:
            plain = _known(code)
        if plain == DROP:
            return None
        written[at] = plain
    return even


cdef unsigned char _known(uint32_t code) except UNKNOWN:
    cdef unsigned char plain = DROP if DROPPED.match(chr(code)) else ord(TABLE[code])
    if code < CODES:
        _PLAIN[code] = plain
    return plain
