# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""``Table`` in C: what ``hearing.Table`` does, many times faster, number for number. A test holds the two together."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from libc.math cimport exp, floor, sqrt
from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

cdef extern from "Python.h":
    bint PyUnicode_IS_ASCII(str text)
    const unsigned char* PyUnicode_1BYTE_DATA(str text)

cdef extern from *:
    """
    #if defined(__GNUC__)
    #define reviewqa_fetch(place) __builtin_prefetch(place)
    #else
    #define reviewqa_fetch(place) ((void)(place))
    #endif
    """
    void reviewqa_fetch(const void* place) noexcept

from reviewqa.language._shared cimport NUMBERED, UNNUMBERED, given_anew, number_at, numbers_of

from reviewqa.models.features import (
    END, LETTERS, LONGEST_WORD, PIECES, QUESTION, START, line_of, line_of_all, plain
)
from reviewqa.models.hearing import BEFORE, STEP, UNHEARD
from reviewqa.models.parameters import UNIT

cdef double _UNIT = UNIT
cdef double _STEP = STEP
cdef Py_ssize_t _LETTERS = LETTERS
cdef double _UNHEARD = UNHEARD
cdef object _NOTHING = 0.0
cdef Py_ssize_t MEMORY = 30_000
cdef Py_ssize_t MOST_CHARACTERS = 1_000_000

cdef uint64_t MIX = 0x9E3779B97F4A7C15  # spreads keys over their table

cdef enum:
    ROOM = 16  # for so many cues
    FRAMED = 32  # characters of a word that is cut into pieces, its edges included
    PAIR = 1  # of words
    CUT_PAIR = 2  # of the first letters of words
    APART = 3  # the same, with a word between
    TRIPLE = 4
    KEYS = 64  # that are looked up together
    LONG = 64  # characters of a word that is made plain here
    DIGITS = 20  # binary, of the number of a word in a row

cdef tuple _PIECES = PIECES
cdef str _QUESTION = QUESTION
cdef str _BEFORE = BEFORE

assert LONGEST_WORD + 2 == FRAMED, "a word is cut into pieces at the same character in both twins"
assert max(PIECES) <= 7, "the characters of a piece fit into a key"


cdef struct Row:
    int64_t seen  # in which text it was last counted
    int64_t count
    uint64_t number  # in the pairs of words; 0 where it is in none
    uint64_t cut  # the number of its first letters, in the other rows
    int32_t adds[ROOM]  # to each cue


cdef class _Row:
    """Holds what a word adds."""

    cdef Row row


cdef struct Entry:  # half a line of the processor's memory: who has found the key has what it adds
    uint64_t key
    int8_t adds[ROOM]
    uint64_t spare


cdef class _Keys:
    """What words in a row, or pieces, add, by their keys: a table with open addressing. Most keys that are looked for are
    not in it, which a table of bits tells that is small enough to stay near."""

    cdef Entry* entries
    cdef int32_t* slots  # the number of an entry, from 1
    cdef uint64_t* bits
    cdef int32_t size
    cdef int shift

    def __init__(self, Py_ssize_t size):
        self.shift = 64 - 10
        while (<uint64_t>1 << (64 - self.shift)) < 2 * <uint64_t>size:
            self.shift -= 1
        self.entries = <Entry*>calloc(size + 1, sizeof(Entry))
        self.slots = <int32_t*>calloc(<size_t>1 << (64 - self.shift), sizeof(int32_t))
        self.bits = <uint64_t*>calloc(<size_t>1 << (64 - self.shift), sizeof(char))  # eight for a slot
        if self.entries == NULL or self.slots == NULL or self.bits == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.entries)
        free(self.slots)
        free(self.bits)

    cdef void keep(self, uint64_t key, const signed char[:] adds) noexcept:
        """Keep what a key adds, each but once."""
        cdef uint64_t hashed = key * MIX
        cdef uint64_t mask = (<uint64_t>1 << (64 - self.shift)) - 1
        cdef uint64_t slot = hashed >> self.shift
        cdef Py_ssize_t cue
        while self.slots[slot] != 0:
            slot = slot + 1 & mask
        self.size += 1
        self.slots[slot] = self.size
        self.bits[hashed >> self.shift + 3] |= <uint64_t>1 << (hashed >> self.shift - 3 & 63)
        self.entries[self.size].key = key
        for cue in range(adds.shape[0]):
            self.entries[self.size].adds[cue] = adds[cue]

    cdef inline bint may_have(self, uint64_t key) noexcept:
        """Whether a key may be in the table; if so, its slot is fetched from memory meanwhile."""
        cdef uint64_t hashed = key * MIX
        if not self.bits[hashed >> self.shift + 3] >> (hashed >> self.shift - 3 & 63) & 1:
            return False
        reviewqa_fetch(&self.slots[hashed >> self.shift])
        return True

    cdef void add(self, uint64_t* keys, Py_ssize_t size, int32_t* sums) noexcept:
        """Add what some keys add that may be in the table: all entries are fetched before the first is looked at."""
        cdef uint64_t mask = (<uint64_t>1 << (64 - self.shift)) - 1
        cdef uint64_t slot
        cdef Entry* entry
        cdef Py_ssize_t at, cue
        for at in range(size):
            reviewqa_fetch(&self.entries[self.slots[keys[at] * MIX >> self.shift]])
        for at in range(size):
            slot = keys[at] * MIX >> self.shift
            while self.slots[slot] != 0:
                entry = &self.entries[self.slots[slot]]
                if entry.key == keys[at]:
                    for cue in range(ROOM):  # all of the room: a loop that the compiler unrolls
                        sums[cue] += entry.adds[cue]
                    break
                slot = slot + 1 & mask


cdef dict _ROWS = {"p=": PAIR, "q=": CUT_PAIR, "s=": APART, "t=": TRIPLE}


cdef class Table:
    """See ``hearing.Table``."""

    cdef readonly object weights
    cdef dict words  # by how they are made plain
    cdef dict before  # words of the other side
    cdef Row** known  # by the numbers of words
    cdef Row** known_before
    cdef int32_t times  # that numbers were given anew
    cdef dict whole  # of whole words the rows of their weights
    cdef dict asked  # of whole words of the other side
    cdef dict numbers  # of the words in pairs, from 1
    cdef dict cuts  # of the first letters in rows, from 1
    cdef const signed char[:, :] rows  # of all weights
    cdef _Keys rowed  # by the numbers of two or three words
    cdef _Keys pieces  # by their characters
    cdef uint64_t start, end, start_cut, end_cut
    cdef Py_ssize_t size
    cdef int64_t starts[ROOM]
    cdef Row** line  # the words that are looked at, question marks included
    cdef uint64_t keys[KEYS]  # of words in rows
    cdef Py_ssize_t n_keys
    cdef Py_ssize_t room
    cdef int64_t text
    cdef Py_ssize_t held  # characters of the words that are remembered

    def __init__(self, weights):
        cdef Py_ssize_t at
        cdef Py_ssize_t number
        cdef str name
        self.weights = weights
        self.words, self.before = {}, {}
        self.known = <Row**>calloc(NUMBERED, sizeof(Row*))
        self.known_before = <Row**>calloc(NUMBERED, sizeof(Row*))
        if self.known == NULL or self.known_before == NULL:
            raise MemoryError
        self.whole, self.asked, self.numbers, self.cuts = {}, {}, {}, {}
        self.size = len(weights.intercepts)
        if self.size > ROOM:
            raise ValueError(f"there is room for {ROOM} cues, not for {self.size}")
        self.rows = weights.rows
        self.rowed = _Keys(sum([name[:2] in _ROWS for name in weights.names]))
        self.pieces = _Keys(sum([name.startswith("g=") for name in weights.names]))
        for at in range(self.size):
            self.starts[at] = weights.intercepts[at]
        for number, name in enumerate(weights.names):
            kind = _ROWS.get(name[:2])
            if kind is not None:
                known = self.numbers if kind == PAIR else self.cuts
                key = kind
                for word in name[2:].split(" "):
                    key = key << DIGITS | known.setdefault(word, len(known) + 1)
                self.rowed.keep(key, self.rows[number])
            elif name.startswith("w="):
                self.whole[name[2:]] = number
            elif name.startswith("c="):
                self.asked[name[2:]] = number
            elif name.isascii() and len(name) - 2 in _PIECES:
                self.pieces.keep(_piece(PyUnicode_1BYTE_DATA(name) + 2, len(name) - 2), self.rows[number])
        if max(len(self.numbers), len(self.cuts)) >> DIGITS:
            raise ValueError("there is no room for so many words in rows")
        self.start, self.end = self.numbers.get(START, 0), self.numbers.get(END, 0)
        self.start_cut, self.end_cut = self.cuts.get(START, 0), self.cuts.get(END, 0)
        self.text = self.held = self.n_keys = 0
        self.times = -1

    def __dealloc__(self):
        free(self.known)
        free(self.known_before)
        free(self.line)

    def sentences(self, said, Py_ssize_t cue):
        """The value of a cue for each sentence of a turn by itself."""
        cdef double shares[ROOM]
        cdef Py_ssize_t first = 0, last
        cdef list values = []
        for last in <list>said.stops:
            self._make_room()
            self._hear(self._lay(said, first, last, 0, 2 * (last - first), False), shares)
            values.append(_share((self.starts[cue] + _STEP * shares[cue]) / _UNIT))
            first = last
        return values

    def hear(self, list turns, list said, list before, Py_ssize_t most):
        """For each cue the value of each turn."""
        cdef double shares[ROOM]
        cdef double others[ROOM]
        cdef Py_ssize_t cue, number, length
        cdef list asked, last = None
        cdef list columns = [{} for _ in range(self.size)]
        for number in range(len(turns)):
            self._make_room()
            tokens = said[number]
            self._hear(self._lay(tokens, 0, len(<list>tokens.words), 0, most, False), shares)
            asked = before[number]
            if asked is not last:  # a few turns in a row may answer the same
                length = 0
                for tokens in asked:
                    length = self._lay(tokens, 0, len(<list>tokens.words), length, most, True)
                self._hear_before(length, others)
                last = asked
            for cue in range(self.size):
                logit = (self.starts[cue] + _STEP * (shares[cue] + others[cue])) / _UNIT
                (<dict>columns[cue])[turns[number]] = _share(logit)
        return dict(zip(self.weights.cues, columns))

    cdef void _make_room(self) except *:
        """Forget words where there are too many: between two lines, as in one a word that came before has to be known."""
        if max(len(self.words), len(self.before)) >= MEMORY or self.held >= MOST_CHARACTERS:
            self.words.clear()
            self.before.clear()
            self.held = 0
            self.times = -1

    cdef Py_ssize_t _lay(
        self, tokens, Py_ssize_t first, Py_ssize_t last, Py_ssize_t length, Py_ssize_t most, bint other
    ) except -1:
        """Put some words of a turn into the line, as ``features.line_of`` does, of the other side or not; how long the
        line is then, at most ``most``."""
        cdef list words = tokens.words
        cdef list marks = tokens.marks
        cdef const int32_t* numbers = numbers_of(tokens)
        cdef Row** known = self.known_before if other else self.known
        cdef bint asks = _QUESTION in <str>tokens.view.text
        cdef int32_t number
        cdef Py_ssize_t at
        cdef Row* row
        if length + 2 * (last - first) > self.room:
            self.room = length + 4 * (last - first)
            self.line = <Row**>realloc(self.line, self.room * sizeof(Row*))
            if self.line == NULL:
                raise MemoryError
        if given_anew(numbers, &self.times):
            memset(self.known, 0, NUMBERED * sizeof(Row*))
            memset(self.known_before, 0, NUMBERED * sizeof(Row*))
        for at in range(first, last):
            if length >= most:
                break
            number = number_at(numbers, at)
            row = known[number] if number != UNNUMBERED else NULL
            if row == NULL:
                row = self._row_before(words[at]) if other else self._row(words[at])
                if number != UNNUMBERED:
                    known[number] = row
            self.line[length] = row
            length += 1
            if asks and length < most and _QUESTION in <str>marks[at]:
                self.line[length] = self._row_before(_QUESTION) if other else self._row(_QUESTION)
                length += 1
        return length

    cdef void _hear(self, Py_ssize_t last, double* shares) except *:
        """What the line adds to each cue, in steps."""
        cdef Py_ssize_t at
        cdef uint64_t left = self.start, one = 0, two = self.start_cut
        cdef int32_t sums[ROOM]
        cdef int64_t count = self._add_words(last, sums) + 2 + 4 * last  # in rows
        cdef Row* row
        for at in range(last):
            row = self.line[at]
            self._pairs(left, row.number, two, row.cut)
            self._triples(one, two, row.cut)
            if self.n_keys > KEYS - 8:
                self._add_rows(sums)
            left, one, two = row.number, two, row.cut
        self._pairs(left, self.end, two, self.end_cut)
        self._triples(one, two, self.end_cut)
        self._add_rows(sums)
        self._share_out(sums, count, shares)

    cdef void _hear_before(self, Py_ssize_t last, double* shares) except *:
        """What the line adds to each cue, in steps, where the other side said it."""
        cdef int32_t sums[ROOM]
        cdef int64_t count = self._add_words(last, sums)
        self._share_out(sums, max(1, count), shares)

    cdef int64_t _add_words(self, Py_ssize_t last, int32_t* sums) except -1:
        """The sums of what the different words of the line add; how many features they have."""
        cdef Py_ssize_t at, cue
        cdef int64_t count = 0
        cdef Row* row
        self.text += 1
        memset(sums, 0, ROOM * sizeof(int32_t))
        for at in range(last):
            row = self.line[at]
            if row.seen == self.text:
                continue
            row.seen = self.text
            count += row.count
            for cue in range(ROOM):  # all of the room: a loop that the compiler unrolls
                sums[cue] += row.adds[cue]
        return count

    cdef void _share_out(self, const int32_t* sums, int64_t count, double* shares) noexcept:
        """The sums over features of one length of all."""
        cdef Py_ssize_t cue
        cdef double root = sqrt(<double>count)
        for cue in range(self.size):
            shares[cue] = sums[cue] / root

    cdef Row* _row(self, str word) except NULL:
        """What a word adds."""
        cdef _Row kept
        cdef Row* row
        key = word if word.isalpha() else _plain(word)
        kept = self.words.get(key)
        if kept is None:
            kept = _Row()  # nothing added yet
            row = &kept.row
            row.count = 1
            row.number = self.numbers.get(key, 0)
            row.cut = self.cuts.get(key[:_LETTERS], 0)
            whole = self.whole.get(key)
            if whole is not None:
                self._add(row, whole)
            self._add_pieces(row, key)
            self.words[key] = kept
            self.held += len(key)
        return &kept.row

    cdef Row* _row_before(self, str word) except NULL:
        """What a word of the other side adds."""
        cdef _Row kept
        key = word if word.isalpha() else _plain(word)
        kept = self.before.get(key)
        if kept is None:
            kept = _Row()
            kept.row.count = 1
            whole = self.asked.get(key)
            if whole is not None:
                self._add(&kept.row, whole)
            self.before[key] = kept
            self.held += len(key)
        return &kept.row

    def added(self, said, Py_ssize_t first, Py_ssize_t last, list before, Py_ssize_t cue, Py_ssize_t most):
        """What words, alone or with their neighbours, add to a cue, in steps."""
        cdef Py_ssize_t at, length = 0
        cdef uint64_t left = self.start, one = 0, two = self.start_cut, right, cut
        cdef list line = line_of(said, first, last)[:most], asked = line_of_all(before)[:most]
        cdef dict added = {}
        cdef Row* row
        cdef double root
        self._make_room()
        self._lay(said, first, last, 0, most, False)
        root = sqrt(<double>(2 + 4 * len(line) + self._count(len(line))))
        for at in range(len(line) + 1):
            right, cut = (self.line[at].number, self.line[at].cut) if at < len(line) else (self.end, self.end_cut)
            self._pairs(left, right, two, cut)
            self._note_rows(added, line, at - 1, at, cue, root)
            left, two = right, cut
        two = self.start_cut
        for at in range(len(line) + 1):
            cut = self.line[at].cut if at < len(line) else self.end_cut
            self._triples(one, two, cut)
            self._note_rows(added, line, at - 2, at, cue, root)
            one, two = two, cut
        self._note_words(added, line, "", cue, root)
        for tokens in before:
            length = self._lay(tokens, 0, len(<list>tokens.words), length, most, True)
        self._note_words(added, asked, _BEFORE, cue, sqrt(<double>self._count(length)))
        return added

    cdef int64_t _count(self, Py_ssize_t length) noexcept:
        """How many features the words of the line have."""
        cdef int64_t count = 0
        cdef Py_ssize_t at
        self.text += 1
        for at in range(length):
            if self.line[at].seen != self.text:
                self.line[at].seen = self.text
                count += self.line[at].count
        return count

    cdef void _note_rows(self, dict added, list line, Py_ssize_t first, Py_ssize_t last, Py_ssize_t cue, double root) except *:
        """Note what the words in a row add that were kept."""
        cdef int32_t sums[ROOM]
        if self.n_keys == 0:
            return
        memset(sums, 0, sizeof(sums))
        self._add_rows(sums)
        if sums[cue] != 0:
            _note(added, " ".join(line[max(0, first) : last + 1]), sums[cue], root)

    cdef void _note_words(self, dict added, list line, str mark, Py_ssize_t cue, double root) except *:
        """Note what the words of the line add."""
        cdef Py_ssize_t at
        cdef Row* row
        self.text += 1
        for at in range(len(line)):
            row = self.line[at]
            if row.seen != self.text and row.adds[cue] != 0:
                _note(added, mark + <str>line[at], row.adds[cue], root)
            row.seen = self.text

    cdef inline void _pairs(self, uint64_t left, uint64_t right, uint64_t two, uint64_t three) noexcept:
        if left != 0 and right != 0:
            self._keep((<uint64_t>PAIR << DIGITS | left) << DIGITS | right)
        if two != 0 and three != 0:
            self._keep((<uint64_t>CUT_PAIR << DIGITS | two) << DIGITS | three)

    cdef inline void _triples(self, uint64_t one, uint64_t two, uint64_t three) noexcept:
        if one != 0 and three != 0:
            self._keep((<uint64_t>APART << DIGITS | one) << DIGITS | three)
            if two != 0:
                self._keep(((<uint64_t>TRIPLE << DIGITS | one) << DIGITS | two) << DIGITS | three)

    cdef inline void _keep(self, uint64_t key) noexcept:
        if self.rowed.may_have(key):
            self.keys[self.n_keys] = key
            self.n_keys += 1

    cdef inline void _add_rows(self, int32_t* sums) noexcept:
        """Add what the words in rows add that were kept."""
        self.rowed.add(self.keys, self.n_keys, sums)
        self.n_keys = 0

    cdef void _add_pieces(self, Row* row, str word) except *:
        """Add the different pieces of a word."""
        cdef unsigned char framed[FRAMED]
        cdef uint64_t before[FRAMED]
        cdef Py_ssize_t size = min(len(word), FRAMED - 2), length, at, other, count
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
                    if self.pieces.may_have(key):
                        self.pieces.add(&key, 1, row.adds)
            row.count += count

    cdef void _add(self, Row* row, Py_ssize_t number) noexcept:
        cdef Py_ssize_t cue
        for cue in range(self.size):
            row.adds[cue] += self.rows[number, cue]


cdef int _note(dict added, str words, int32_t total, double root) except -1:
    cdef PyObject* known = PyDict_GetItemWithError(added, words)
    added[words] = (<double><object>known if known != NULL else 0.0) + total / root
    return 0


cdef str _plain(str word):
    """See ``features.plain``."""
    cdef char text[LONG]
    cdef const unsigned char* letters
    cdef Py_ssize_t at, size = 0
    if len(word) > LONG or not PyUnicode_IS_ASCII(word):
        return plain(word)
    letters = PyUnicode_1BYTE_DATA(word)
    for at in range(len(word)):
        if letters[at] != c"'":
            text[size] = c"0" if c"0" <= letters[at] <= c"9" else letters[at]
            size += 1
    return text[:size].decode("ascii")


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
