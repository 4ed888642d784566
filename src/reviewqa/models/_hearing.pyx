# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""``Table`` in C: what ``learned.Table`` does, many times faster, number for number. A test holds the two together."""

from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free

from reviewqa.models.learned import LONGEST_WORD, PIECES, SCALE, UNHEARD, plain

cdef double _SCALE = SCALE
cdef double _UNHEARD = UNHEARD
cdef Py_ssize_t MEMORY = 50_000

cdef enum:
    ROOM = 16  # for so many cues


cdef class _Row:
    """What a word adds to each cue, and in which text it was last counted."""

    cdef int64_t seen
    cdef int64_t count
    cdef int32_t adds[ROOM]


cdef class Table:
    """See ``learned.Table``."""

    cdef readonly object weights
    cdef dict words
    cdef dict plain
    cdef dict whole  # of whole words the rows of their weights
    cdef dict pieces  # of pieces of words the same
    cdef int32_t* rows
    cdef Py_ssize_t size
    cdef int64_t starts[ROOM]
    cdef int64_t text

    def __init__(self, weights):
        cdef Py_ssize_t at
        self.weights = weights
        self.words = {}
        self.plain = {}
        self.whole, self.pieces = {}, {}
        self.rows = <int32_t*>calloc(len(weights.table) * ROOM + 1, sizeof(int32_t))
        if self.rows == NULL:
            raise MemoryError
        self.size = len(weights.intercepts)
        if self.size > ROOM:
            raise ValueError(f"there is room for {ROOM} cues, not for {self.size}")
        for at in range(self.size):
            self.starts[at] = weights.intercepts[at]
        for number, (name, row) in enumerate(weights.table.items()):
            (self.whole if name.startswith("w=") else self.pieces)[name[2:]] = number
            for at in range(self.size):
                self.rows[<Py_ssize_t>number * ROOM + at] = row[at]
        self.text = 0

    def __dealloc__(self):
        free(self.rows)

    def values(self, list words, Py_ssize_t first, Py_ssize_t last):
        """The value of each cue for some of the words of a turn."""
        cdef Py_ssize_t at, cue
        cdef int64_t count = 0
        cdef int64_t sums[ROOM]
        cdef _Row row
        cdef double root, logit
        cdef list values = []
        self.text += 1
        for cue in range(ROOM):
            sums[cue] = 0
        for at in range(first, last):
            row = self.words.get(words[at])
            if row is None:
                row = self._take_apart(words[at])
            if row.seen == self.text:
                continue
            row.seen = self.text
            count += row.count
            for cue in range(ROOM):  # all of the room: a loop that the compiler unrolls
                sums[cue] += row.adds[cue]
        root = sqrt(<double>count)
        for cue in range(self.size):
            logit = (self.starts[cue] + sums[cue] / root) / _SCALE
            values.append(floor(10_000 / (1 + exp(-min(30.0, logit))) + 0.5) / 10_000 if logit > _UNHEARD else 0.0)
        return values

    cdef _Row _take_apart(self, str word):
        cdef _Row row
        cdef Py_ssize_t at, n
        cdef str framed
        cdef set pieces
        if len(self.words) >= MEMORY:
            self.words.clear()
            self.plain.clear()
        key = plain(word)
        row = self.plain.get(key)
        if row is None:
            row = _Row()  # nothing added yet
            self._add(row, self.whole.get(key))
            framed = "<" + key[:LONGEST_WORD] + ">"
            pieces = {framed[at : at + n] for n in PIECES for at in range(len(framed) - n + 1)}
            row.count = 1 + len(pieces)
            for piece in pieces:
                self._add(row, self.pieces.get(piece))
            self.plain[key] = row
        self.words[word] = row
        return row

    cdef void _add(self, _Row row, object number) except *:
        cdef Py_ssize_t cue
        cdef int32_t* weights
        if number is not None:
            weights = self.rows + <Py_ssize_t>number * ROOM
            for cue in range(ROOM):
                row.adds[cue] += weights[cue]
