# cython: language_level=3, boundscheck=False, wraparound=False
"""``TableBuilder`` in C: what ``builder.TableBuilder`` does in Python, several times faster, value for value.

A test holds the two against each other. Values go at once into the buffers that the table is made of, so that nothing
of a review is kept alive until the part is done.
"""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_Resize
from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_AsUTF8AndSize
from libc.stdint cimport INT32_MAX, int32_t
from libc.string cimport memcpy

from sys import intern

import numpy as np
import pyarrow as pa

cdef extern from "Python.h":
    object PyObject_GenericGetAttr(object, object)


@cython.final
cdef class _Bytes:
    """Memory that grows."""

    cdef bytearray held
    cdef char* start
    cdef Py_ssize_t size
    cdef Py_ssize_t room

    def __cinit__(self):
        self.held = bytearray(256)
        self.start = PyByteArray_AS_STRING(self.held)
        self.room = 256

    cdef inline int add(self, const void* data, Py_ssize_t size) except -1:
        if self.size + size > self.room:
            self.room = 2 * (self.size + size)
            PyByteArray_Resize(self.held, self.room)
            self.start = PyByteArray_AS_STRING(self.held)
        memcpy(self.start + self.size, data, size)
        self.size += size
        return 0

    cdef object buffer(self):
        """As a buffer of Arrow's, without a copy."""
        PyByteArray_Resize(self.held, self.size)
        return pa.py_buffer(self.held)


cdef object _bits(flags):
    """Bytes that are 0 or 1, as Arrow has them: eight in a byte."""
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


cdef class _Column:
    """Values of one type: how many there are, and which are missing."""

    cdef object kind
    cdef Py_ssize_t size
    cdef list missing

    def __cinit__(self, kind):
        self.kind = kind
        self.missing = []

    cdef int put(self, value) except -1:
        """Add a value."""
        if value is None:
            self.missing.append(self.size)
        self.size += 1
        return 0

    cdef object array(self):
        """All values."""
        raise NotImplementedError

    cdef object made(self, list buffers, list children=None):
        """An array of these buffers."""
        valid = None
        if self.missing:
            there = np.ones(self.size, np.uint8)
            there[self.missing] = 0
            valid = _bits(there)
        return pa.Array.from_buffers(self.kind, self.size, [valid, *buffers], len(self.missing), children=children)


cdef class _Text(_Column):
    cdef _Bytes ends
    cdef _Bytes text

    def __cinit__(self, kind):
        cdef int32_t none = 0
        self.ends = _Bytes()
        self.ends.add(&none, sizeof(none))
        self.text = _Bytes()

    cdef int put(self, value) except -1:
        cdef Py_ssize_t size
        cdef const char* text
        cdef int32_t end
        _Column.put(self, value)
        if value is not None:
            text = PyUnicode_AsUTF8AndSize(value, &size)
            self.text.add(text, size)
        if self.text.size > INT32_MAX:
            raise OverflowError("a part's column has more than 2 GB of text")
        end = <int32_t> self.text.size
        return self.ends.add(&end, sizeof(end))

    cdef object array(self):
        return self.made([self.ends.buffer(), self.text.buffer()])


cdef class _Number(_Column):
    """Of values that are all as large."""

    cdef _Bytes numbers

    def __cinit__(self, kind):
        self.numbers = _Bytes()

    cdef object array(self):
        return self.made([self.numbers.buffer()])


cdef class _Double(_Number):
    cdef int put(self, value) except -1:
        cdef double number = 0 if value is None else value
        _Column.put(self, value)
        return self.numbers.add(&number, sizeof(number))


cdef class _Int(_Number):
    cdef int put(self, value) except -1:
        cdef int32_t number = 0 if value is None else value
        _Column.put(self, value)
        return self.numbers.add(&number, sizeof(number))


cdef class _Bool(_Number):
    cdef int put(self, value) except -1:
        cdef char flag = 0 if value is None else <bint> value
        _Column.put(self, value)
        return self.numbers.add(&flag, 1)

    cdef object array(self):
        return self.made([_bits(np.frombuffer(self.numbers.held, np.uint8, self.numbers.size))])


cdef class _Other(_Column):
    """Of a type that is rare: Arrow makes it of Python's values."""

    cdef list values

    def __cinit__(self, kind):
        self.values = []

    cdef int put(self, value) except -1:
        self.values.append(value)
        return 0

    cdef object array(self):
        return pa.array(self.values, self.kind)


cdef class _List(_Column):
    cdef _Column items
    cdef _Bytes ends
    cdef int32_t count

    def __cinit__(self, kind):
        self.items = _column(kind.value_type)
        self.ends = _Bytes()
        self.ends.add(&self.count, sizeof(self.count))

    cdef int put(self, value) except -1:
        _Column.put(self, value)
        if type(value) is tuple:  # the usual case, which C goes through faster
            for item in <tuple> value:
                self.items.put(item)
        else:
            for item in value:
                self.items.put(item)
        self.count = <int32_t> self.items.size
        return self.ends.add(&self.count, sizeof(self.count))

    cdef object array(self):
        return self.made([self.ends.buffer()], [self.items.array()])


cdef class _Record(_Column):
    cdef list names
    cdef list columns

    def __cinit__(self, kind):
        self.names = [intern(field.name) for field in kind]  # found in an object without being compared
        self.columns = [_column(field.type) for field in kind]

    cdef int put(self, value) except -1:
        cdef Py_ssize_t number
        self.size += 1
        if type(value) is tuple:
            return _spread(self.columns, <tuple> value)
        for number in range(len(self.columns)):
            (<_Column> self.columns[number]).put(PyObject_GenericGetAttr(value, self.names[number]))
        return 0

    cdef object array(self):
        return pa.StructArray.from_arrays([(<_Column> column).array() for column in self.columns], fields=list(self.kind))


cdef class _Repeated(_Column):
    """Of the same objects again and again: each once, and the number of each place."""

    cdef _Column once
    cdef dict known
    cdef list held
    cdef _Bytes numbers

    def __cinit__(self, kind):
        self.once = _column(kind)
        self.known = {}
        self.held = []
        self.numbers = _Bytes()

    cdef int put(self, value) except -1:
        cdef object address = <size_t> <void*> value
        cdef PyObject* known = PyDict_GetItemWithError(self.known, address)
        cdef int32_t number
        if known is NULL:
            number = <int32_t> len(self.held)
            self.once.put(value)
            self.held.append(value)  # an address says who it is only as long as it lives
            self.known[address] = number
        else:
            number = <object> known
        self.size += 1
        return self.numbers.add(&number, sizeof(number))

    cdef object array(self):
        numbers = pa.Array.from_buffers(pa.int32(), self.size, [None, self.numbers.buffer()])
        return self.once.array().take(numbers)


cdef class TableBuilder:
    """See ``builder.TableBuilder``."""

    cdef object schema
    cdef list columns

    def __init__(self, schema, repeated=()):
        self.schema = schema
        self.columns = [_column(field.type) for field in schema]
        for name in repeated:
            _repeat(self.columns[schema.get_field_index(name)])

    def append(self, tuple row):
        """Add a row."""
        _spread(self.columns, row)

    def extend(self, *columns):
        """Add rows, column by column."""
        cdef Py_ssize_t count = -1
        cdef Py_ssize_t number
        cdef _Column column
        if len(columns) != len(self.columns):
            raise ValueError(f"the rows have {len(columns)} values, and there are {len(self.columns)} columns")
        for values in columns:
            if type(values) is list:
                if count >= 0 and len(<list> values) != count:
                    count = -1
                    break
                count = len(<list> values)
        if count < 0:
            raise ValueError("the lists are to be of one length, and at least one is needed")
        for number in range(len(columns)):
            column = self.columns[number]
            values = columns[number]
            if type(values) is list:
                for value in <list> values:
                    column.put(value)
            else:
                for _ in range(count):
                    column.put(values)

    def table(self):
        """All rows; none may be added afterwards."""
        return pa.Table.from_arrays([(<_Column> column).array() for column in self.columns], schema=self.schema)


def pick(objects, str name):
    """See ``builder.pick``."""
    return [PyObject_GenericGetAttr(each, name) for each in objects]


cdef int _repeat(_List column) except -1:
    column.items = _Repeated(column.kind.value_type)
    return 0


cdef int _spread(list columns, tuple row) except -1:
    cdef Py_ssize_t number
    if len(row) != len(columns):
        raise ValueError(f"the row has {len(row)} values, and there are {len(columns)} columns")
    for number in range(len(columns)):
        (<_Column> columns[number]).put(row[number])
    return 0


cdef list _KINDS = [
    (pa.types.is_string, _Text),
    (pa.types.is_float64, _Double),
    (pa.types.is_int32, _Int),
    (pa.types.is_boolean, _Bool),
    (pa.types.is_list, _List),
    (pa.types.is_struct, _Record),
]


cdef _Column _column(kind):
    for is_of, column in _KINDS:
        if is_of(kind):
            return column(kind)
    return _Other(kind)
