# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""``Table`` in C: what ``learned.Table`` does, many times faster, number for number. A test holds the two together."""

from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(str text)
    const unsigned char* PyUnicode_1BYTE_DATA(str text)

from reviewqa.language.tokens import lasting
from reviewqa.models.learned import END, LONGEST_WORD, PIECES, START, UNHEARD, plain
from reviewqa.models.parameters import UNIT

cdef double _UNIT = UNIT
cdef double _UNHEARD = UNHEARD
cdef Py_ssize_t MEMORY = 30_000
cdef Py_ssize_t MOST_CHARACTERS = 1_000_000

cdef uint64_t MIX = 0x9E3779B97F4A7C15  # spreads the numbers of two words over the table

cdef enum:
    ROOM = 16  # for so many cues
    FRAMED = 32  # characters of a word that is cut into pieces, its edges included

cdef tuple _PIECES = PIECES

assert LONGEST_WORD + 2 == FRAMED, "a word is cut into pieces at the same character in both twins"
assert max(PIECES) <= 7, "the characters of a piece fit into a key"


cdef class _Row:
    """What a word adds to each cue, its number in the pairs (0: it is in none), and in which text it was last counted."""

    cdef int64_t seen
    cdef int64_t count
    cdef uint64_t number
    cdef int32_t adds[ROOM]


cdef class Table:
    """See ``learned.Table``."""

    cdef readonly object weights
    cdef dict words
    cdef dict plain
    cdef dict whole  # of whole words the rows of their weights
    cdef dict numbers  # of the words of pairs, from 1
    cdef int32_t* rows
    cdef uint64_t* keys  # of pairs two numbers of words, of pieces their characters; 0: a table with open addressing
    cdef int32_t* of_keys  # the rows of their weights
    cdef uint64_t mask
    cdef uint64_t start, end
    cdef Py_ssize_t size
    cdef int64_t starts[ROOM]
    cdef int64_t text
    cdef Py_ssize_t held  # characters of the words that are remembered

    def __init__(self, weights):
        cdef Py_ssize_t at
        cdef Py_ssize_t number
        cdef uint64_t slots = 1024
        cdef int32_t[:, :] values = weights.rows
        cdef str name
        self.weights = weights
        self.words = {}
        self.plain = {}
        self.whole, self.numbers = {}, {}
        self.size = len(weights.intercepts)
        if self.size > ROOM:
            raise ValueError(f"there is room for {ROOM} cues, not for {self.size}")
        while slots < 2 * <uint64_t>len(weights.names):
            slots *= 2
        self.mask = slots - 1
        self.rows = <int32_t*>calloc(len(weights.names) * ROOM + 1, sizeof(int32_t))
        self.keys = <uint64_t*>calloc(slots, sizeof(uint64_t))
        self.of_keys = <int32_t*>calloc(slots, sizeof(int32_t))
        if self.rows == NULL or self.keys == NULL or self.of_keys == NULL:
            raise MemoryError
        for at in range(self.size):
            self.starts[at] = weights.intercepts[at]
        for number, name in enumerate(weights.names):
            if name.startswith("p="):
                left, _, right = name[2:].partition(" ")
                self._keep(<uint64_t>self._numbered(left) << 32 | <uint64_t>self._numbered(right), number)
            elif name.startswith("w="):
                self.whole[name[2:]] = number
            elif name.isascii() and len(name) - 2 in _PIECES:
                self._keep(_piece(PyUnicode_1BYTE_DATA(name) + 2, len(name) - 2), number)
            for at in range(self.size):
                self.rows[number * ROOM + at] = values[number, at]
        self.start, self.end = self.numbers.get(START, 0), self.numbers.get(END, 0)
        self.text = 0
        self.held = 0

    cdef object _numbered(self, str word):
        return self.numbers.setdefault(word, len(self.numbers) + 1)

    cdef void _keep(self, uint64_t key, Py_ssize_t number) noexcept:
        cdef uint64_t slot = self._slot(key)
        self.keys[slot] = key
        self.of_keys[slot] = <int32_t>number

    cdef inline uint64_t _slot(self, uint64_t key) noexcept:
        """Where a pair or a piece stands in the table, or would stand."""
        cdef uint64_t slot = (key * MIX) >> 32 & self.mask
        while self.keys[slot] != 0 and self.keys[slot] != key:
            slot = slot + 1 & self.mask
        return slot

    def __dealloc__(self):
        free(self.rows)
        free(self.keys)
        free(self.of_keys)

    def values(self, list words, Py_ssize_t first, Py_ssize_t last):
        """The value of each cue for some of the words of a turn."""
        cdef Py_ssize_t at, cue
        cdef int64_t count = last - first + 1  # of pairs
        cdef uint64_t left = self.start
        cdef int64_t sums[ROOM]
        cdef _Row row
        cdef double root, logit
        cdef list values = []
        if max(len(self.words), len(self.plain)) >= MEMORY or self.held >= MOST_CHARACTERS:
            self.words.clear()  # between two texts: within one, a word that came before has to be known
            self.plain.clear()
            self.held = 0
        self.text += 1
        for cue in range(ROOM):
            sums[cue] = 0
        for at in range(first, last):
            row = self.words.get(words[at])
            if row is None:
                row = self._take_apart(words[at])
            self._add_pair(left, row.number, sums)
            left = row.number
            if row.seen == self.text:
                continue
            row.seen = self.text
            count += row.count
            for cue in range(ROOM):  # all of the room: a loop that the compiler unrolls
                sums[cue] += row.adds[cue]
        self._add_pair(left, self.end, sums)
        root = sqrt(<double>count)
        for cue in range(self.size):
            logit = (self.starts[cue] + sums[cue] / root) / _UNIT
            values.append(floor(10_000 / (1 + exp(-min(30.0, logit))) + 0.5) / 10_000 if logit > _UNHEARD else 0.0)
        return values

    def adds(self, list words, Py_ssize_t first, Py_ssize_t last, Py_ssize_t cue):
        """What each word of a turn adds to a cue, and each pair; before them how many features there are."""
        cdef Py_ssize_t at
        cdef int64_t count = last - first + 1
        cdef uint64_t left = self.start
        cdef int64_t sums[ROOM]
        cdef _Row row
        cdef list of_words = []
        cdef list of_pairs = []
        self.text += 1
        for at in range(first, last + 1):
            for other in range(ROOM):
                sums[other] = 0
            if at == last:
                self._add_pair(left, self.end, sums)
            else:
                row = self.words.get(words[at])
                if row is None:
                    row = self._take_apart(words[at])
                self._add_pair(left, row.number, sums)
                left = row.number
                of_words.append(0 if row.seen == self.text else row.adds[cue])
                count += 0 if row.seen == self.text else row.count
                row.seen = self.text
            of_pairs.append(sums[cue])
        return count, of_words, of_pairs

    cdef void _add_pair(self, uint64_t left, uint64_t right, int64_t* sums) noexcept:
        cdef uint64_t slot
        cdef Py_ssize_t cue
        cdef int32_t* weights
        if left != 0 and right != 0:
            slot = self._slot(left << 32 | right)
            if self.keys[slot] != 0:
                weights = self.rows + <Py_ssize_t>self.of_keys[slot] * ROOM
                for cue in range(ROOM):
                    sums[cue] += weights[cue]

    cdef _Row _take_apart(self, str word):
        cdef _Row row
        key = plain(word)
        row = self.plain.get(key)
        if row is None:
            row = _Row()  # nothing added yet
            row.count = 1
            row.number = self.numbers.get(key, 0)
            whole = self.whole.get(key)
            if whole is not None:
                self._add(row, whole)
            self._add_pieces(row, key)
            self.plain[key] = row
            self.held += len(key)
        if lasting(word):
            self.words[word] = row
            self.held += len(word)
        return row

    cdef void _add_pieces(self, _Row row, str word) except *:
        """Add the different pieces of a word."""
        cdef unsigned char framed[FRAMED]
        cdef uint64_t before[FRAMED]
        cdef Py_ssize_t size = min(len(word), FRAMED - 2), length, at, other, count
        cdef uint64_t key, slot
        if not PyUnicode_IS_ASCII(word):
            raise ValueError("a folded word is plain ASCII")
        framed[0] = c"<"
        memcpy(&framed[1], PyUnicode_1BYTE_DATA(word), size)
        framed[size + 1] = c">"
        for length in _PIECES:
            count = 0
            for at in range(size + 3 - length):
                key = _piece(&framed[at], length)
                for other in range(count):
                    if before[other] == key:
                        break
                else:
                    before[count] = key
                    count += 1
                    slot = self._slot(key)
                    if self.keys[slot] != 0:
                        self._add(row, self.of_keys[slot])
            row.count += count

    cdef void _add(self, _Row row, Py_ssize_t number) noexcept:
        cdef Py_ssize_t cue
        cdef int32_t* weights = self.rows + number * ROOM
        for cue in range(ROOM):
            row.adds[cue] += weights[cue]


cdef inline uint64_t _piece(const unsigned char* text, Py_ssize_t length) noexcept:
    """The key of a piece: its characters and its length, which no key of a pair of words is."""
    cdef uint64_t key = 0
    cdef Py_ssize_t at
    for at in range(length):
        key = key << 8 | text[at]
    return key | <uint64_t>length << 61
