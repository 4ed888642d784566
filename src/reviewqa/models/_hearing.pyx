# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""``Table`` in C: what ``learned.Table`` does, many times faster, number for number. A test holds the two together."""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(str text)
    const unsigned char* PyUnicode_1BYTE_DATA(str text)

from reviewqa.language._shared cimport lasting

from reviewqa.models.learned import END, LONGEST_WORD, PIECES, START, UNHEARD, plain
from reviewqa.models.parameters import UNIT

cdef double _UNIT = UNIT
cdef double _UNHEARD = UNHEARD
cdef object _NOTHING = 0.0
cdef Py_ssize_t MEMORY = 30_000
cdef Py_ssize_t MOST_CHARACTERS = 1_000_000

cdef uint64_t MIX = 0x9E3779B97F4A7C15  # spreads keys over their table

cdef enum:
    ROOM = 16  # for so many cues
    FRAMED = 32  # characters of a word that is cut into pieces, its edges included

cdef tuple _PIECES = PIECES

assert LONGEST_WORD + 2 == FRAMED, "a word is cut into pieces at the same character in both twins"
assert max(PIECES) <= 7, "the characters of a piece fit into a key"


cdef struct Row:
    int64_t seen  # in which text it was last counted
    int64_t count
    uint64_t number  # in the pairs; 0 where it is in none
    int32_t adds[ROOM]  # to each cue


cdef class _Row:
    """Holds what a word adds."""

    cdef Row row


cdef struct Slot:
    uint64_t key  # 0: free
    int64_t row


cdef class _Keys:
    """The rows of the weights of pairs, or of pieces: a table with open addressing, most of which is free, as most keys
    that are looked for are not in it."""

    cdef Slot* slots
    cdef int shift

    def __init__(self, Py_ssize_t size):
        self.shift = 64 - 10
        while (<uint64_t>1 << (64 - self.shift)) < 3 * <uint64_t>size:
            self.shift -= 1
        self.slots = <Slot*>calloc(<size_t>1 << (64 - self.shift), sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.slots)

    cdef inline uint64_t _slot(self, uint64_t key) noexcept:
        cdef uint64_t mask = (<uint64_t>1 << (64 - self.shift)) - 1
        cdef uint64_t slot = (key * MIX) >> self.shift
        while self.slots[slot].key != 0 and self.slots[slot].key != key:
            slot = slot + 1 & mask
        return slot

    cdef void keep(self, uint64_t key, Py_ssize_t row) noexcept:
        self.slots[self._slot(key)] = Slot(key, row)

    cdef inline Py_ssize_t row(self, uint64_t key) noexcept:
        """The row of a key; -1 where there is none."""
        cdef Slot* slot = &self.slots[self._slot(key)]
        return slot.row if slot.key != 0 else -1


cdef class Table:
    """See ``learned.Table``."""

    cdef readonly object weights
    cdef dict words
    cdef dict plain
    cdef dict whole  # of whole words the rows of their weights
    cdef dict numbers  # of the words of pairs, from 1
    cdef int32_t* rows
    cdef _Keys pairs  # by the numbers of their two words
    cdef _Keys pieces  # by their characters
    cdef uint64_t start, end
    cdef Py_ssize_t size
    cdef int64_t starts[ROOM]
    cdef int64_t text
    cdef Py_ssize_t held  # characters of the words that are remembered

    def __init__(self, weights):
        cdef Py_ssize_t at
        cdef Py_ssize_t number
        cdef int32_t[:, :] values = weights.rows
        cdef str name
        self.weights = weights
        self.words = {}
        self.plain = {}
        self.whole, self.numbers = {}, {}
        self.size = len(weights.intercepts)
        if self.size > ROOM:
            raise ValueError(f"there is room for {ROOM} cues, not for {self.size}")
        self.rows = <int32_t*>calloc(len(weights.names) * ROOM + 1, sizeof(int32_t))
        if self.rows == NULL:
            raise MemoryError
        self.pairs = _Keys(sum([name.startswith("p=") for name in weights.names]))
        self.pieces = _Keys(sum([name.startswith("g=") for name in weights.names]))
        for at in range(self.size):
            self.starts[at] = weights.intercepts[at]
        for number, name in enumerate(weights.names):
            if name.startswith("p="):
                left, _, right = name[2:].partition(" ")
                self.pairs.keep(<uint64_t>self._numbered(left) << 32 | <uint64_t>self._numbered(right), number)
            elif name.startswith("w="):
                self.whole[name[2:]] = number
            elif name.isascii() and len(name) - 2 in _PIECES:
                self.pieces.keep(_piece(PyUnicode_1BYTE_DATA(name) + 2, len(name) - 2), number)
            for at in range(self.size):
                self.rows[number * ROOM + at] = values[number, at]
        self.start, self.end = self.numbers.get(START, 0), self.numbers.get(END, 0)
        self.text = 0
        self.held = 0

    cdef object _numbered(self, str word):
        return self.numbers.setdefault(word, len(self.numbers) + 1)

    def __dealloc__(self):
        free(self.rows)

    def values(self, list words, Py_ssize_t first, Py_ssize_t last):
        """The value of each cue for some of the words of a turn."""
        cdef double logits[ROOM]
        self._hear(words, first, last, logits)
        return [_share(logits[cue]) for cue in range(self.size)]

    def hear(self, list turns, list texts, Py_ssize_t most):
        """For each cue the value of each turn."""
        cdef double logits[ROOM]
        cdef Py_ssize_t cue, number
        cdef list words
        cdef list columns = [{} for _ in range(self.size)]
        for number in range(len(turns)):
            words = texts[number]
            self._hear(words, 0, min(len(words), most), logits)
            for cue in range(self.size):
                (<dict>columns[cue])[turns[number]] = _share(logits[cue])
        return dict(zip(self.weights.cues, columns))

    cdef void _hear(self, list words, Py_ssize_t first, Py_ssize_t last, double* logits) except *:
        """The logit of each cue for some of the words of a turn."""
        cdef Py_ssize_t at, cue
        cdef int64_t count = last - first + 1  # of pairs
        cdef uint64_t left = self.start
        cdef int64_t sums[ROOM]
        cdef Row* row
        cdef _Row new
        cdef PyObject* known
        cdef double root
        if max(len(self.words), len(self.plain)) >= MEMORY or self.held >= MOST_CHARACTERS:
            self.words.clear()  # between two texts: within one, a word that came before has to be known
            self.plain.clear()
            self.held = 0
        self.text += 1
        for cue in range(ROOM):
            sums[cue] = 0
        for at in range(first, last):
            known = PyDict_GetItem(self.words, words[at])
            if known == NULL:
                new = self._take_apart(words[at])  # kept in ``plain``
                row = &new.row
            else:
                row = &(<_Row>known).row
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
            logits[cue] = (self.starts[cue] + sums[cue] / root) / _UNIT

    def adds(self, list words, Py_ssize_t first, Py_ssize_t last, Py_ssize_t cue):
        """What each word of a turn adds to a cue, and each pair; before them how many features there are."""
        cdef Py_ssize_t at
        cdef int64_t count = last - first + 1
        cdef uint64_t left = self.start
        cdef int64_t sums[ROOM]
        cdef Row* row
        cdef _Row new
        cdef PyObject* known
        cdef list of_words = []
        cdef list of_pairs = []
        self.text += 1
        for at in range(first, last + 1):
            for other in range(ROOM):
                sums[other] = 0
            if at == last:
                self._add_pair(left, self.end, sums)
            else:
                known = PyDict_GetItem(self.words, words[at])
                if known == NULL:
                    new = self._take_apart(words[at])
                    row = &new.row
                else:
                    row = &(<_Row>known).row
                self._add_pair(left, row.number, sums)
                left = row.number
                of_words.append(0 if row.seen == self.text else row.adds[cue])
                count += 0 if row.seen == self.text else row.count
                row.seen = self.text
            of_pairs.append(sums[cue])
        return count, of_words, of_pairs

    cdef void _add_pair(self, uint64_t left, uint64_t right, int64_t* sums) noexcept:
        cdef Py_ssize_t cue, number
        cdef int32_t* weights
        if left != 0 and right != 0:
            number = self.pairs.row(left << 32 | right)
            if number >= 0:
                weights = self.rows + number * ROOM
                for cue in range(ROOM):
                    sums[cue] += weights[cue]

    cdef _Row _take_apart(self, str word):
        cdef _Row kept
        cdef Row* row
        key = word if word.isalpha() else plain(word)
        kept = self.plain.get(key)
        if kept is None:
            kept = _Row()  # nothing added yet
            row = &kept.row
            row.count = 1
            row.number = self.numbers.get(key, 0)
            whole = self.whole.get(key)
            if whole is not None:
                self._add(row, whole)
            self._add_pieces(row, key)
            self.plain[key] = kept
            self.held += len(key)
        if lasting(word):
            self.words[word] = kept
            self.held += len(word)
        return kept

    cdef void _add_pieces(self, Row* row, str word) except *:
        """Add the different pieces of a word."""
        cdef unsigned char framed[FRAMED]
        cdef uint64_t before[FRAMED]
        cdef Py_ssize_t size = min(len(word), FRAMED - 2), length, at, other, count, number
        cdef uint64_t key
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
                    number = self.pieces.row(key)
                    if number >= 0:
                        self._add(row, number)
            row.count += count

    cdef void _add(self, Row* row, Py_ssize_t number) noexcept:
        cdef Py_ssize_t cue
        cdef int32_t* weights = self.rows + number * ROOM
        for cue in range(ROOM):
            row.adds[cue] += weights[cue]


cdef inline object _share(double logit):
    """The value that a logit stands for."""
    if logit > _UNHEARD:
        return floor(10_000 / (1 + exp(-min(30.0, logit))) + 0.5) / 10_000
    return _NOTHING


cdef inline uint64_t _piece(const unsigned char* text, Py_ssize_t length) noexcept:
    """The key of a piece: its characters and its length, which no key of a pair of words is."""
    cdef uint64_t key = 0
    cdef Py_ssize_t at
    for at in range(length):
        key = key << 8 | text[at]
    return key | <uint64_t>length << 61
