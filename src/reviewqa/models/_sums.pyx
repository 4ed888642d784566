# cython: language_level=3, boundscheck=False, wraparound=False
"""``Sums`` in C: what ``sums.Sums`` does in Python, many times faster, number for number.

A test holds the two against each other.
"""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from libc.math cimport exp, fabs, floor, sqrt
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free, qsort, realloc
from libc.string cimport memset

from reviewqa.language._shared cimport NUMBERED, UNNUMBERED, given_anew, number_at, numbers_of

from reviewqa.models.sums import FEWEST, TYPICAL

cdef double _TYPICAL = TYPICAL
cdef Py_ssize_t _FEWEST = FEWEST

cdef enum:
    BITS = 20
    MOST_WORDS = 5
    ROOM = 256

cdef str _SPACE = " "

cdef struct Gram:
    int32_t first  # what it adds to each logit, in thousandths
    int32_t second
    int32_t ranks[2]  # 0 where it is not shown
    int32_t leads  # its number as the start of triples; 0 where there are none

cdef struct Slot:
    uint64_t key  # 0: free
    Gram gram


cdef int _in_order(const void* one, const void* other) noexcept nogil:
    cdef int32_t a = (<int32_t*>one)[0], b = (<int32_t*>other)[0]
    return (a > b) - (a < b)


cdef class Sums:
    """See ``sums.Sums``."""

    cdef object words
    cdef int32_t* known  # by the numbers of words (see ``_tokens``) one more than their numbers here; 0 where not yet known
    cdef int32_t times  # that all numbers were given anew
    cdef object gaps
    cdef Gram* tokens
    cdef Slot* slots
    cdef int32_t shift
    cdef uint64_t mask
    cdef int32_t ends
    cdef Py_ssize_t most
    cdef int32_t* line
    cdef int32_t* found[2]
    cdef Py_ssize_t room
    cdef int64_t starts[2]
    cdef int64_t below[2]
    cdef double least[2]
    cdef bint levelled[2]
    cdef list shown  # of each score, by rank
    cdef double* adds[2]  # what the shown ones add, by rank, in thousandths

    def __init__(self, words, gaps, list tokens, list pairs, heads, shown, int32_t ends, Py_ssize_t most):
        cdef Py_ssize_t number, at
        cdef int32_t size, leads = 0
        self.words = words
        self.gaps = gaps
        self.ends = ends
        self.most = most
        self.shown = [[(name, weight / 1000) for name, weight in each] for each in shown]
        for number, each in enumerate(shown):
            self.adds[number] = <double*>calloc(len(each), sizeof(double))
            if self.adds[number] == NULL:
                raise MemoryError
            for at, (_, weight) in enumerate(each):
                self.adds[number][at] = weight
        for number in range(2):
            self.starts[number], self.below[number], self.least[number], self.levelled[number] = heads[number]
        self.tokens = <Gram*>calloc(len(tokens), sizeof(Gram))
        for number, (first, second, one, two) in enumerate(tokens):
            self.tokens[number] = Gram(first, second, [one, two], 0)
        size = sum([1 + len(thirds or ()) for *_, thirds in pairs])
        self.shift = 63
        while (1 << (64 - self.shift)) < 2 * size + 2:
            self.shift -= 1
        self.mask = (<uint64_t>1 << (64 - self.shift)) - 1
        self.slots = <Slot*>calloc(self.mask + 1, sizeof(Slot))
        if self.tokens == NULL or self.slots == NULL:
            raise MemoryError
        for left, right, (first, second, one, two), thirds in pairs:
            if thirds:
                leads += 1
            self._enter(
                (<uint64_t>left << BITS) + <uint64_t>right + 1, Gram(first, second, [one, two], leads if thirds else 0)
            )
            for third, (first, second, one, two) in (thirds or {}).items():
                self._enter(
                    (<uint64_t>1 << 60) + (<uint64_t>leads << BITS) + <uint64_t>third, Gram(first, second, [one, two], 0)
                )
        self.known = <int32_t*>calloc(NUMBERED, sizeof(int32_t))
        if self.known == NULL:
            raise MemoryError
        self._make_room(ROOM)

    def __dealloc__(self):
        free(self.known)
        free(self.tokens)
        free(self.slots)
        free(self.line)
        free(self.found[0])
        free(self.found[1])
        free(self.adds[0])
        free(self.adds[1])

    cdef int _make_room(self, Py_ssize_t room) except -1:
        cdef int side
        self.room = room
        self.line = <int32_t*>realloc(self.line, room * sizeof(int32_t))
        for side in range(2):
            self.found[side] = <int32_t*>realloc(self.found[side], 3 * room * sizeof(int32_t))
            if self.line == NULL or self.found[side] == NULL:
                raise MemoryError
        return 0

    cdef void _enter(self, uint64_t key, Gram gram) noexcept:
        cdef uint64_t at = (key * <uint64_t>0x9E3779B97F4A7C15) >> self.shift
        while self.slots[at].key:
            at = (at + 1) & self.mask
        self.slots[at] = Slot(key, gram)

    cdef inline Gram* _gram(self, uint64_t key) noexcept nogil:
        cdef uint64_t at = (key * <uint64_t>0x9E3779B97F4A7C15) >> self.shift
        while self.slots[at].key:
            if self.slots[at].key == key:
                return &self.slots[at].gram
            at = (at + 1) & self.mask
        return NULL

    def of(self, tokens):
        """The scores of a turn."""
        cdef list words = tokens.words, marks = tokens.marks
        cdef const int32_t* numbers = numbers_of(tokens)
        cdef int32_t number, highest = 0
        cdef int64_t first = 0, second = 0
        cdef double level, times[2]
        cdef Py_ssize_t size = min(len(words), self.most), at, length = 1, unknown = 0
        cdef Py_ssize_t counts[2]
        cdef int32_t* line
        cdef int32_t gap
        cdef Gram* gram
        cdef Gram* third
        cdef PyObject* known
        if 2 * size + 2 > self.room:
            self._make_room(2 * (2 * size + 2))
        if given_anew(numbers, &self.times):
            memset(self.known, 0, NUMBERED * sizeof(int32_t))
        line = self.line
        line[0] = 1
        for at in range(size):
            number = number_at(numbers, at)
            if number == UNNUMBERED:
                line[length] = self.words[words[at]]
            else:
                if self.known[number] == 0:
                    self.known[number] = 1 + self.words[words[at]]
                line[length] = self.known[number] - 1
            length += 1
            mark = marks[at]
            if mark is not _SPACE:
                known = PyDict_GetItemWithError(self.gaps, mark)
                between = <object>known if known != NULL else self.gaps[mark]
                if between is not None:
                    line[length] = between
                    length += 1
        gap = line[length - 1]
        if not 0 < gap <= self.ends:
            line[length] = 1
            length += 1
        counts[0] = counts[1] = 0
        for at in range(length):
            unknown += line[at] == 0
            highest = max(highest, line[at])
            gram = &self.tokens[line[at]]
            first += gram.first
            second += gram.second
            self._show(gram, counts)
            if at + 1 < length:
                gram = self._gram((<uint64_t>line[at] << BITS) + <uint64_t>line[at + 1] + 1)
                if gram != NULL:
                    first += gram.first
                    second += gram.second
                    self._show(gram, counts)
                    if gram.leads and at + 2 < length:
                        third = self._gram(
                            (<uint64_t>1 << 60) + (<uint64_t>gram.leads << BITS) + <uint64_t>line[at + 2]
                        )
                        if third != NULL:
                            first += third.first
                            second += third.second
                            self._show(third, counts)
        if highest <= self.ends:
            return None
        level = sqrt(_TYPICAL / max(_FEWEST, length - unknown))
        for at in range(2):
            times[at] = level if self.levelled[at] else 1.0
        return (
            (self._value(0, first * times[0]), self._top(0, counts[0], times[0])),
            (self._value(1, second * times[1]), self._top(1, counts[1], times[1])),
        )

    cdef inline double _value(self, int side, double added) noexcept:
        cdef double logit = self.starts[side] + added
        if logit < self.below[side]:
            return self.least[side]
        return floor(10_000 / (1 + exp(-max(-30.0, min(30.0, logit / 1000)))) + 0.5) / 10_000

    cdef inline void _show(self, Gram* gram, Py_ssize_t* counts) noexcept nogil:
        cdef int side
        for side in range(2):
            if gram.ranks[side]:
                self.found[side][counts[side]] = gram.ranks[side]
                counts[side] += 1

    cdef object _top(self, int side, Py_ssize_t count, double times):
        """The words of the first ranks."""
        cdef int32_t* ranks = self.found[side]
        cdef Py_ssize_t place, at, least, top = min(count, MOST_WORDS)
        cdef bint twice = False
        cdef list shown = self.shown[side]
        for place in range(top):
            least = place
            for at in range(place + 1, count):
                if ranks[at] < ranks[least]:
                    least = at
            ranks[place], ranks[least] = ranks[least], ranks[place]
            if place and ranks[place] == ranks[place - 1]:
                twice = True
        if twice:
            return self._in_all(side, count, times)
        if not self.levelled[side]:
            return tuple([shown[ranks[place]] for place in range(top)])
        return tuple([self._added(side, ranks[place], 1, times) for place in range(top)])

    cdef inline tuple _added(self, int side, int32_t rank, Py_ssize_t count, double times):
        """See ``sums.added``."""
        return (<tuple>(<list>self.shown[side])[rank])[0], floor(self.adds[side][rank] * count * times + 0.5) / 1000

    cdef object _in_all(self, int side, Py_ssize_t count, double times):
        """See ``sums.in_all``. A word said once is left out where so many that weigh more were said."""
        cdef int32_t* ranks = self.found[side]
        cdef Py_ssize_t at, said = 0, words = 0
        cdef double weight, least = 0
        cdef tuple found
        cdef list added = []
        qsort(ranks, count, sizeof(int32_t), _in_order)
        for at in range(count):
            said += 1
            if at + 1 == count or ranks[at + 1] != ranks[at]:
                found = self._added(side, ranks[at], said, times)
                weight = fabs(<double>found[1])
                words += 1
                if words == MOST_WORDS:
                    least = fabs(<double>self._added(side, ranks[at], 1, times)[1])
                if said > 1 or weight >= least:
                    added.append((-weight, *found))
                said = 0
        added.sort()
        return tuple([(name, weight) for _, name, weight in added[:MOST_WORDS]])
