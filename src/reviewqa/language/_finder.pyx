# cython: language_level=3, boundscheck=False, wraparound=False
"""``Finder`` in C: what ``finder.Finder`` and ``matching.Matcher`` do, many times faster, cue for cue.

The chains of steps become arrays of numbers, and what is known of a word a set of bits and a list of the phrases that
it can start. A test holds the two against each other.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, qsort, realloc
from libc.string cimport memset

from reviewqa.language._shared cimport lasting, place_of

from reviewqa.language.finder import NEGATORS, Hit, Place
from reviewqa.language.matching import prepare
from reviewqa.language.phrases import SHORTEST_PREFIX
from reviewqa.language.vocabulary import DIGITS, Vocabulary

cdef int32_t _DIGITS = DIGITS
cdef Py_ssize_t _SHORTEST_PREFIX = SHORTEST_PREFIX
cdef type _PLACE = Place

cdef enum:
    WORD = 0
    CHOICE = 1
    GAP = 2
    NUMBER = 3
    EDGE = 4
    END = 5
    FROM_START = 0
    TO_END = 1
    ASKED = 2
    NO_LEAD = -2
    AT_THE_END = -1
    NUMBER_PARTS = 5
    NEEDED = 4
    MEMORY = 50_000

cdef dict _MARKS = {"^": FROM_START, "$": TO_END, "?": ASKED}
cdef frozenset _INSIDE_NUMBERS = frozenset((".", ",", ":", " "))

cdef struct Node:  # one step; ``next`` is the step after it
    int32_t what
    int32_t value  # WORD: the number; GAP, CHOICE: the lead; EDGE: the mark
    int32_t least  # GAP: least words; CHOICE: how many of its branches the lead tells
    int32_t most  # GAP: most words; CHOICE: how many branches
    int32_t branches  # CHOICE: where they are in the table of branches
    int32_t failing  # its row in the table of failures; -1 where it keeps none
    int32_t next

cdef struct Way:
    int32_t lead
    int32_t node

cdef struct Entry:  # one phrase
    int32_t ways
    int32_t n_ways
    int32_t needs[NEEDED]
    int32_t n_needs
    int32_t second  # one number for the words right after the first; -1 where any will do
    int32_t cue
    int32_t rank
    bint at_start
    bint asking
    bint veto


cdef struct Start:  # a phrase that a word can start, and what most often tells that it does not stand there
    int32_t phrase
    int32_t need  # the rarest of its needs, and the next; -1 where it has none
    int32_t further
    int32_t second


cdef struct Match:
    int32_t cue
    int32_t first
    int32_t stop
    int32_t rank  # of the phrase's text among all: which of two equal matches is told


cdef int _in_order(const void* one, const void* other) noexcept nogil:
    """By cue; then those that start first, the longest first."""
    cdef Match* a = <Match*>one
    cdef Match* b = <Match*>other
    if a.cue != b.cue:
        return 1 if a.cue > b.cue else -1
    if a.first != b.first:
        return 1 if a.first > b.first else -1
    if a.stop != b.stop:
        return 1 if a.stop < b.stop else -1
    return (a.rank > b.rank) - (a.rank < b.rank)


cdef class _Matches:
    """A growing row of matches."""

    cdef Match* rows
    cdef int32_t size
    cdef int32_t room

    def __dealloc__(self):
        free(self.rows)

    cdef void add(self, int32_t cue, int32_t first, int32_t stop, int32_t rank) except *:
        if self.size == self.room:
            self.room = 2 * self.room + 16
            self.rows = <Match*>realloc(self.rows, self.room * sizeof(Match))
            if self.rows == NULL:
                raise MemoryError
        self.rows[self.size] = Match(cue, first, stop, rank)
        self.size += 1


cdef struct Word:  # what is known of a word
    uint64_t* bits  # of its numbers
    int32_t* numbers
    int32_t n_numbers
    Start* starts  # the phrases that it can start, then the exceptions
    int32_t n_phrases
    int32_t n_starts
    bint negates


cdef class _Known:
    """Holds what is known of words that are alike."""

    cdef Word word

    def __dealloc__(self):
        free(self.word.bits)
        free(self.word.numbers)
        free(self.word.starts)


cdef inline bint _has(uint64_t* bits, int32_t number) noexcept nogil:
    return (bits[number >> 6] >> (number & 63)) & 1


cdef class Finder:
    """See ``finder.Finder``."""

    cdef object vocabulary
    cdef dict exact, prefixes, lengths  # of the vocabulary
    cdef frozenset negators
    cdef int32_t reach
    cdef dict seen
    cdef dict alike
    cdef dict by_start
    cdef list anywhere
    cdef list cues  # their names
    cdef list sources  # the phrases' texts by rank
    cdef int32_t question_rank
    cdef int32_t n_bits
    cdef int32_t n_phrases
    cdef int32_t n_cues
    cdef Node* nodes
    cdef int32_t n_nodes
    cdef int32_t* branches
    cdef int32_t n_branches
    cdef Way* ways
    cdef int32_t n_ways
    cdef Entry* entries
    cdef int32_t n_failing
    cdef int32_t* failed  # for each row and word the sentence in which it failed last
    cdef int32_t longest  # words that a row of failures has room for
    cdef int32_t turn  # counts the sentences
    cdef unsigned char* found  # for each cue whether the sentence says it
    cdef unsigned char* asked  # for each cue whether any question says it
    cdef unsigned char* never_asked  # for each cue whether no question does
    cdef unsigned char* vetoed  # for each cue whether it has exceptions
    cdef unsigned char* negatable
    cdef uint64_t* present  # what the words of the sentence are, together, from the one that is looked at
    cdef uint64_t* nothing
    cdef uint64_t** here
    cdef Word** words  # of the turn; they are kept in ``alike``
    cdef Py_ssize_t room
    cdef list marks
    cdef int32_t start  # of the sentence in the turn
    cdef int32_t size  # of the sentence
    cdef _Matches matches
    cdef _Matches vetoes

    def __init__(self, language, cues):
        cdef int32_t number
        self.negators, self.reach = NEGATORS[language]
        self.vocabulary = Vocabulary()
        self.exact, self.prefixes, self.lengths = self.vocabulary.exact, self.vocabulary.prefixes, self.vocabulary.lengths
        self.seen = {}
        self.alike = {}
        self.by_start = {}
        self.anywhere = []
        self.matches = _Matches()
        self.vetoes = _Matches()
        self.cues = [words.cue for words in cues]
        self.n_cues = len(cues)
        self.found = _flags(cues, None)
        self.asked = _flags(cues, lambda words: any(not phrase.needs for phrase in words.phrases))
        self.never_asked = _flags(cues, lambda words: any(not phrase.needs for phrase in words.unless))
        self.vetoed = _flags(cues, lambda words: any(phrase.needs for phrase in words.unless))
        self.negatable = _flags(cues, lambda words: words.negatable)
        prepared = [
            (number, prepare(language, words.cue, phrase, veto, self.vocabulary))
            for number, words in enumerate(cues)
            for veto, phrases in ((False, words.phrases), (True, words.unless))
            for phrase in phrases
            if phrase.needs
        ]
        self.sources = sorted({phrase.source for _, phrase in prepared} | {"?"})
        ranks = {source: rank for rank, source in enumerate(self.sources)}
        self.question_rank = ranks["?"]
        self.n_phrases = len(prepared)
        self.entries = <Entry*>calloc(max(1, self.n_phrases), sizeof(Entry))
        memo = {}
        for number, (cue, phrase) in enumerate(prepared):
            self._enter(number, phrase, cue, ranks[phrase.source], memo)
        self.n_bits = (len(self.vocabulary.words) + 63) // 64
        self.present = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        self.nothing = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        self._make_room(64)

    def __dealloc__(self):
        free(self.nodes)
        free(self.branches)
        free(self.ways)
        free(self.entries)
        free(self.failed)
        free(self.found)
        free(self.asked)
        free(self.vetoed)
        free(self.never_asked)
        free(self.negatable)
        free(self.present)
        free(self.nothing)
        free(self.here)
        free(self.words)

    cdef void _make_room(self, int32_t size) except *:
        """Make the tables large enough for a sentence of ``size`` words."""
        self.longest = size
        free(self.failed)
        free(self.here)
        self.failed = <int32_t*>calloc(max(1, self.n_failing) * (size + 1), sizeof(int32_t))
        self.here = <uint64_t**>calloc(size + 1, sizeof(uint64_t*))
        if self.failed == NULL or self.here == NULL:
            raise MemoryError
        self.turn = 0

    cdef void _enter(self, int32_t number, object phrase, int32_t cue, int32_t rank, dict memo) except *:
        cdef Entry* entry = &self.entries[number]
        cdef int32_t slot
        entry.cue = cue
        entry.rank = rank
        entry.at_start = phrase.at_start
        entry.asking = phrase.asking
        entry.veto = phrase.veto
        needs = phrase.needs[:NEEDED]
        if len(phrase.anchors) == 1:
            needs = (phrase.anchors[0].word, *needs)[:NEEDED]
        needs = [need for need in needs if phrase.starts != frozenset((need,))]  # it stands there, or none is tried
        entry.n_needs = len(needs)
        for slot, need in enumerate(needs):
            entry.needs[slot] = need
        entry.second = -1
        if phrase.seconds and phrase.gap == 0:
            entry.second = self.vocabulary.any_of(phrase.seconds)
        entry.ways = self.n_ways
        entry.n_ways = len(phrase.ways)
        self.ways = <Way*>realloc(self.ways, (self.n_ways + entry.n_ways) * sizeof(Way))
        self.n_ways += entry.n_ways
        for slot, (lead, steps) in enumerate(phrase.ways):
            self.ways[entry.ways + slot] = Way(NO_LEAD if lead is None else lead, self._node(steps, memo))
        if phrase.starts is None:
            self.anywhere.append(number)
        for start in phrase.starts or ():
            self.by_start.setdefault(start, []).append(number)

    cdef int32_t _node(self, object steps, dict memo) except -1:
        """The number of the node of a chain of steps, and of all after it; the same steps are one node."""
        cdef Node node
        cdef int32_t number
        key = id(steps)
        known = memo.get(key)
        if known is not None:
            return known[0]
        memset(&node, 0, sizeof(Node))
        node.failing = -1
        node.next = -1
        if steps is None:
            node.what = END
        else:
            what, value, after = steps
            node.what = what
            if what == CHOICE:
                lead, starts, by_number, branches, others, deep = value
                first = sorted({branch for each in by_number.values() for branch in each})
                chains = [branches[branch] for branch in first] + list(others)
                numbers = [self._node(chain, memo) for chain in chains]
                node.value = NO_LEAD if lead is None else lead
                node.least = len(first)
                node.most = len(chains)
                node.branches = self.n_branches
                self.branches = <int32_t*>realloc(self.branches, (self.n_branches + len(numbers)) * sizeof(int32_t))
                for number in numbers:
                    self.branches[self.n_branches] = number
                    self.n_branches += 1
            else:
                node.next = self._node(after, memo)
                deep = False
                if what == WORD:
                    node.value = value
                elif what == GAP:
                    node.least, node.most, lead, deep = value
                    node.value = NO_LEAD if lead is None else lead
                elif what == EDGE:
                    node.value = _MARKS[value]
            if deep:
                node.failing = self.n_failing
                self.n_failing += 1
        number = self.n_nodes
        self.nodes = <Node*>realloc(self.nodes, (number + 1) * sizeof(Node))
        self.nodes[number] = node
        self.n_nodes += 1
        memo[key] = (number, steps)  # the steps are kept, so that no other chain gets their id
        return number

    cdef _Known _know(self, str word):
        """Look a word up; remembered, within bounds. Most forms of a word are known alike, which is kept."""
        cdef _Known known
        numbers = self._numbers(word)
        negates = word in self.negators or word.endswith("n't")
        known = self.alike.get((numbers, negates))
        if known is None:
            known = self.alike[numbers, negates] = self._made(numbers, negates)
        if lasting(word):
            if len(self.seen) >= MEMORY:
                self.seen.clear()
            self.seen[word] = known
        return known

    cdef frozenset _numbers(self, str word):
        """See ``Vocabulary.of``; every finder meets every new word."""
        cdef str bare = word.strip("'") if "'" in word else word
        cdef Py_ssize_t length, size = len(bare)
        cdef list numbers = []
        cdef PyObject* known
        if bare.isdigit():
            return self.vocabulary.of(word)
        known = PyDict_GetItem(self.exact, bare)
        if known != NULL:
            numbers += <list><object>known
        known = PyDict_GetItem(self.lengths, bare[:_SHORTEST_PREFIX])
        if known != NULL:
            for length in <list><object>known:
                if length > size:
                    break
                known = PyDict_GetItem(self.prefixes, bare[:length])
                if known != NULL:
                    numbers += <list><object>known
        return frozenset(numbers)

    cdef _Known _made(self, numbers, bint negates):
        """What is known of words that are these numbers."""
        cdef _Known kept = _Known()
        cdef Word* known = &kept.word
        cdef Entry* entry
        cdef int32_t at, number
        cdef bint veto
        known.negates = negates
        known.bits = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        known.n_numbers = len(numbers)
        known.numbers = <int32_t*>malloc(max(1, known.n_numbers) * sizeof(int32_t))
        starts = set(self.anywhere)
        for at, number in enumerate(numbers):
            known.numbers[at] = number
            known.bits[number >> 6] |= <uint64_t>1 << (number & 63)
            starts.update(self.by_start.get(number, ()))
        known.starts = <Start*>malloc(max(1, len(starts)) * sizeof(Start))
        for veto in range(2):
            for number in starts:
                entry = &self.entries[number]
                if entry.veto == veto:
                    known.starts[known.n_starts] = Start(
                        number,
                        entry.needs[0] if entry.n_needs > 0 else -1,
                        entry.needs[1] if entry.n_needs > 1 else -1,
                        entry.second,
                    )
                    known.n_starts += 1
            if not veto:
                known.n_phrases = known.n_starts
        return kept

    def find(self, tokens):
        """All cues in a turn, in the order of the text; overlapping matches of one cue are told once, the longest."""
        cdef list starts = tokens.starts
        cdef list ends = tokens.ends
        cdef list hits = []
        cdef int32_t after, at, first = 0
        cdef Match* match
        self._know_all(tokens)
        for after in tokens.stops:
            self._read(first, after - first)
            for at in range(self.matches.size):
                match = &self.matches.rows[at]
                hits.append(
                    Hit(
                        starts[first + match.first],
                        ends[first + match.stop - 1],
                        self.cues[match.cue],
                        self.sources[match.rank],
                    )
                )
            first = after
        hits.sort()
        return hits

    def gather(self, tokens, turn, dict found):
        """Add the cues in a turn to what was found in the conversation; the matches of a cue are in order already."""
        cdef list starts = tokens.starts
        cdef list ends = tokens.ends
        cdef int32_t after, at, first = 0
        cdef Match* match
        cdef PyObject* before
        cdef object cue, start, end
        view = tokens.view
        span = None if view.offsets is None else view.span
        self._know_all(tokens)
        for after in tokens.stops:
            self._read(first, after - first)
            for at in range(self.matches.size):
                match = &self.matches.rows[at]
                cue = self.cues[match.cue]
                start, end = starts[first + match.first], ends[first + match.stop - 1]
                if span is not None:
                    start, end = span(start, end)
                place = place_of(_PLACE, turn, start, end, cue)
                before = PyDict_GetItem(found, cue)
                if before == NULL:
                    found[cue] = [place]
                else:
                    (<list><object>before).append(place)
            first = after

    cdef void _know_all(self, tokens) except *:
        """Look up the words of a turn."""
        cdef list words = tokens.words
        cdef Py_ssize_t at, size = len(words)
        cdef PyObject* known
        cdef _Known new
        if size > self.room:
            self.room = 2 * size
            self.words = <Word**>realloc(self.words, self.room * sizeof(Word*))
            if self.words == NULL:
                raise MemoryError
        for at in range(size):
            known = PyDict_GetItem(self.seen, words[at])
            if known == NULL:
                new = self._know(words[at])
                self.words[at] = &new.word
            else:
                self.words[at] = &(<_Known>known).word
        self.marks = tokens.marks

    cdef void _read(self, int32_t start, int32_t size) except *:
        """Find the matches of a sentence that count."""
        cdef int32_t at, cue, kept = 0, last = 0, before = -1
        cdef bint question = "?" in <str>self.marks[start + size - 1]
        cdef Match* match
        self.start = start
        self.size = size
        self.matches.size = 0
        self.vetoes.size = 0
        if size > self.longest or self.turn == 2_000_000_000:
            self._make_room(max(size, self.longest))
        self.turn += 1
        for at in range(size):
            self.here[at] = self.words[start + at].bits
        memset(self.found, 0, self.n_cues)
        self._search(question, False)
        if question:
            for at in range(self.matches.size):
                match = &self.matches.rows[at]
                if not self.never_asked[match.cue]:
                    self.matches.rows[kept] = match[0]
                    kept += 1
                else:
                    self.found[match.cue] = 0
            self.matches.size = kept
            kept = 0
            for cue in range(self.n_cues):
                if self.asked[cue]:
                    self.found[cue] = 1
                    self.matches.add(cue, 0, size, self.question_rank)
        if not self.matches.size:
            return
        for cue in range(self.n_cues):
            if self.found[cue] and self.vetoed[cue]:
                self._search(question, True)
                break
        qsort(self.matches.rows, self.matches.size, sizeof(Match), _in_order)
        for at in range(self.matches.size):
            match = &self.matches.rows[at]
            if match.cue != before:
                before, last = match.cue, 0
            if match.first < last or self._is_vetoed(match):
                continue
            if match.first > 0 and self.negatable[match.cue] and self._is_negated(match.first):
                continue
            last = match.stop
            self.matches.rows[kept] = match[0]
            kept += 1
        self.matches.size = kept

    cdef bint _is_vetoed(self, Match* match) noexcept:
        """Whether a match shares a word with an exception of its cue."""
        cdef int32_t at
        cdef Match* veto
        for at in range(self.vetoes.size):
            veto = &self.vetoes.rows[at]
            if veto.cue == match.cue and match.first < veto.stop and veto.first < match.stop:
                return True
        return False

    cdef bint _is_negated(self, int32_t first) except -1:
        """Whether a negation stands shortly before a word, in the same clause."""
        cdef int32_t at
        for at in range(first - 1, max(-1, first - 1 - self.reach), -1):
            if not (<str>self.marks[self.start + at]).isspace():
                return False
            if self.words[self.start + at].negates:
                return True
        return False

    cdef void _search(self, bint question, bint veto) except *:
        """Try each phrase, or each exception of the cues found, at each word that it can start with.

        From the last word to the first: what a phrase needs has to stand where it starts, or after that.
        """
        cdef int32_t at, index, number, slot, stop, longest
        cdef Word* known
        cdef Start* start
        cdef Entry* entry
        cdef Way* way
        cdef bint fits
        cdef uint64_t* here
        cdef uint64_t* after
        cdef uint64_t* present = self.present
        memset(present, 0, self.n_bits * sizeof(uint64_t))
        for at in range(self.size - 1, -1, -1):
            known = self.words[self.start + at]
            for slot in range(known.n_numbers):
                number = known.numbers[slot]
                present[number >> 6] |= <uint64_t>1 << (number & 63)
            here = self.here[at]
            after = self.here[at + 1] if at + 1 < self.size else self.nothing
            for index in range(known.n_phrases if veto else 0, known.n_starts if veto else known.n_phrases):
                start = &known.starts[index]
                if start.need >= 0 and not _has(present, start.need):
                    continue
                if start.further >= 0 and not _has(present, start.further):
                    continue
                if start.second >= 0 and not _has(after, start.second):
                    continue
                entry = &self.entries[start.phrase]
                if veto and not self.found[entry.cue]:
                    continue
                if (entry.asking and not question) or (entry.at_start and at > 0):
                    continue
                fits = True
                for slot in range(2, entry.n_needs):
                    if not _has(present, entry.needs[slot]):
                        fits = False
                        break
                if not fits:
                    continue
                longest = at
                for slot in range(entry.n_ways):
                    way = &self.ways[entry.ways + slot]
                    if way.lead == NO_LEAD or _has(here, way.lead):
                        stop = self._ends(way.node, at)
                        if stop > longest:
                            longest = stop
                if longest > at:
                    if veto:
                        self.vetoes.add(entry.cue, at, longest, 0)
                    else:
                        self.matches.add(entry.cue, at, longest, entry.rank)
                        self.found[entry.cue] = 1

    cdef int32_t _ends(self, int32_t number, int32_t at) except -2:
        """The word after a match whose further steps start at word ``at``; -1 where there is none."""
        cdef Node* node
        cdef int32_t here, last, slot, end, branch
        while True:
            node = &self.nodes[number]
            if node.what == WORD:
                if at >= self.size or not _has(self.here[at], node.value):
                    return -1
                at += 1
            elif node.what == END:
                return at
            elif node.what == CHOICE:
                if self._failed(node, at):
                    return -1
                if at < self.size and node.value != NO_LEAD and _has(self.here[at], node.value):
                    for slot in range(node.least):
                        branch = self.branches[node.branches + slot]
                        if self.nodes[branch].what == WORD and not _has(self.here[at], self.nodes[branch].value):
                            continue  # as its first step would say, at less cost
                        end = self._ends(branch, at)
                        if end >= 0:
                            return end
                for slot in range(node.least, node.most):
                    end = self._ends(self.branches[node.branches + slot], at)
                    if end >= 0:
                        return end
                return self._fail(node, at)
            elif node.what == GAP and node.value == AT_THE_END:
                if not node.least <= self.size - at <= node.most:
                    return -1
                at = self.size
            elif node.what == GAP:
                if self._failed(node, at):
                    return -1
                last = min(at + node.most, self.size)
                for here in range(at + node.least, last + 1):
                    if node.value == NO_LEAD or (here < self.size and _has(self.here[here], node.value)):
                        end = self._ends(node.next, here)
                        if end >= 0:
                            return end
                return self._fail(node, at)
            elif node.what == NUMBER:
                if at >= self.size or not _has(self.here[at], _DIGITS):
                    return -1
                last = min(self.size, at + NUMBER_PARTS)
                at += 1
                while at < last and _has(self.here[at], _DIGITS) and self.marks[self.start + at - 1] in _INSIDE_NUMBERS:
                    at += 1
            elif node.value == FROM_START:
                if at > 0:
                    return -1
            elif at < self.size or (node.value == ASKED and "?" not in self.marks[self.start + self.size - 1]):
                return -1
            number = node.next

    cdef inline bint _failed(self, Node* node, int32_t at) noexcept:
        return node.failing >= 0 and self.failed[node.failing * (self.longest + 1) + at] == self.turn

    cdef inline int32_t _fail(self, Node* node, int32_t at) noexcept:
        if node.failing >= 0:
            self.failed[node.failing * (self.longest + 1) + at] = self.turn
        return -1


cdef unsigned char* _flags(cues, holds) except NULL:
    """A flag for each cue."""
    cdef unsigned char* flags = <unsigned char*>calloc(max(1, len(cues)), 1)
    cdef int32_t number
    if flags == NULL:
        raise MemoryError
    for number in range(len(cues)):
        flags[number] = bool(holds is not None and holds(cues[number]))
    return flags
