# cython: language_level=3, boundscheck=False, wraparound=False
"""``split`` in C: what ``tokens.split`` does, several times faster, word for word. A test holds the two together."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.list cimport PyList_GET_ITEM, PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from cpython.unicode cimport PyUnicode_Substring
from libc.stdint cimport int32_t, uint32_t
from libc.stdlib cimport realloc
from libc.string cimport memcmp, memset

from reviewqa.language._shared cimport NUMBERED, UNNUMBERED

from reviewqa.language.tokens import ABBREVIATIONS, BEFORE_NUMBERS, LONGEST_SENTENCE

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(str text)
    const unsigned char* PyUnicode_1BYTE_DATA(str text)

cdef frozenset _ABBREVIATIONS = ABBREVIATIONS
cdef frozenset _BEFORE_NUMBERS = BEFORE_NUMBERS
cdef Py_ssize_t _LONGEST = LONGEST_SENTENCE
cdef enum:
    SLOTS = 65_536
    MEMORY = 40_000  # after a text with which there are so many, all are forgotten
    PROBES = 16
    LONGEST = 40  # characters of what is remembered: see ``tokens.lasting``
    SINGLE = 128  # characters, which have the first numbers

cdef struct Slot:
    uint32_t hash
    int32_t number  # 0: free

cdef Slot _SEEN[SLOTS]  # a table with open addressing
cdef list _KEPT = [chr(code) for code in range(SINGLE)]  # what is remembered, by its number
cdef int32_t _times = 0  # that all was forgotten
cdef int32_t* _numbers = NULL  # of the words of a text, after ``_times``
cdef Py_ssize_t _room = 0
cdef unsigned char _WORD[128]
cdef unsigned char _ENDING[128]  # what may follow a full stop that ends a sentence


cdef void _fill():
    cdef int code
    for code in range(128):
        _WORD[code] = chr(code).isalnum() or chr(code) in "_'"
        _ENDING[code] = chr(code).isspace() or chr(code) in "\"')]"


_fill()


cdef int32_t _number(str plain, const unsigned char* text, Py_ssize_t first, Py_ssize_t last) except -2:
    """The number of a part of a text, the same where it came before, within bounds; ``UNNUMBERED`` where it has none.

    Only a few slots are looked at, so that no text, however its words are chosen, takes long.
    """
    cdef Py_ssize_t at, size = last - first
    cdef int tried
    cdef uint32_t key = 2_166_136_261, slot
    cdef str part
    if size == 1:
        return text[first]
    if size == 0 or size > LONGEST or (size > 3 and c"0" <= text[last - 1] <= c"9"):
        return UNNUMBERED
    for at in range(first, last):
        key = (key ^ text[at]) * 16_777_619
    slot = key % SLOTS
    for tried in range(PROBES):
        if _SEEN[slot].number == 0:
            break
        if _SEEN[slot].hash == key:
            part = <str>PyList_GET_ITEM(_KEPT, _SEEN[slot].number)
            if len(part) == size and memcmp(PyUnicode_1BYTE_DATA(part), text + first, size) == 0:
                return _SEEN[slot].number
        slot = (slot + 1) % SLOTS
    else:
        return UNNUMBERED
    if len(_KEPT) == NUMBERED:
        return UNNUMBERED
    _SEEN[slot] = Slot(key, len(_KEPT))
    _KEPT.append(PyUnicode_Substring(plain, first, last))
    return _SEEN[slot].number


cdef inline str _part(str plain, int32_t number, Py_ssize_t first, Py_ssize_t last):
    """A part of a text; the same string where it came before, so that nothing new is made, and its hash is known."""
    return PyUnicode_Substring(plain, first, last) if number == UNNUMBERED else <str>PyList_GET_ITEM(_KEPT, number)


cdef void _prepare(Py_ssize_t words) except *:
    """Make room for the numbers of so many words."""
    global _numbers, _room
    cdef int32_t* numbers = <int32_t*>realloc(_numbers, (1 + 2 * words) * sizeof(int32_t))
    if numbers == NULL:
        raise MemoryError
    _numbers, _room = numbers, 2 * words


cdef Py_ssize_t _count(const unsigned char* text, Py_ssize_t size) noexcept:
    """How many words a text has."""
    cdef Py_ssize_t at, count = 0
    cdef bint before = False
    for at in range(size):
        count += _WORD[text[at]] > before
        before = _WORD[text[at]]
    return count


cdef inline void _put(list row, Py_ssize_t at, object item):
    """Set an item of a new list."""
    Py_INCREF(item)
    PyList_SET_ITEM(row, at, item)


def split(str plain):
    """See ``tokens.split``; after that the numbers of the words (see ``tokens.Tokens``)."""
    global _times
    cdef Py_ssize_t size = len(plain)
    cdef Py_ssize_t at = 0, first, number = 0, count
    cdef const unsigned char* text
    cdef unsigned char char
    cdef bint stop = False
    cdef str word = "", mark = ""
    cdef list words, starts, ends, marks, stops = []
    cdef bytes numbers = b""
    if not PyUnicode_IS_ASCII(plain):
        raise ValueError("a reading copy is plain ASCII")
    text = PyUnicode_1BYTE_DATA(plain)
    if len(_KEPT) >= MEMORY:
        memset(_SEEN, 0, sizeof(_SEEN))
        del _KEPT[SINGLE:]
        _times += 1
    count = _count(text, size)
    words, starts, ends, marks = PyList_New(count), PyList_New(count), PyList_New(count), PyList_New(count)
    if count > _room:
        _prepare(max(64, count))
    while at < size and not _WORD[text[at]]:
        at += 1
    while at < size:
        first = at
        while at < size and _WORD[text[at]]:
            at += 1
        if stop and mark == ". ":
            stop = not (word in _ABBREVIATIONS or (c"0" <= text[first] <= c"9" and word in _BEFORE_NUMBERS))
        if stop:
            stops.append(number)
        _numbers[1 + number] = _number(plain, text, first, at)
        word = _part(plain, _numbers[1 + number], first, at)
        _put(words, number, word)
        _put(starts, number, first)
        _put(ends, number, at)
        first = at
        stop = (number + 1) % _LONGEST == 0
        while at < size:
            char = text[at]
            if _WORD[char]:
                break
            at += 1
            if char == c"!" or char == c"?" or char == 2:
                stop = True
            elif char == c"." and at < size and _ENDING[text[at]] and not _WORD[text[at]]:
                stop = True
        mark = _part(plain, _number(plain, text, first, at), first, at)
        _put(marks, number, mark)
        number += 1
    if number:
        stops.append(number)
        _numbers[0] = _times
        numbers = PyBytes_FromStringAndSize(<const char*>_numbers, (1 + number) * sizeof(int32_t))
    return words, starts, ends, marks, stops, numbers
