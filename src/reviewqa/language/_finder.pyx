# cython: language_level=3, boundscheck=False, wraparound=False
"""``Finder`` in C: what ``finder.Finder`` and ``matching.Matcher`` do, many times faster, cue for cue.

The chains of steps become arrays of numbers, and what is known of a word a set of bits and a list of the ways in which
phrases go on after it. A test holds the two against each other.
"""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport calloc, free, qsort, realloc
from libc.string cimport memset

from reviewqa.language._shared cimport NUMBERED, UNNUMBERED, given_anew, number_at, numbers_of, place_of

from itertools import accumulate, chain

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
    NEEDED = 3
    ALWAYS = 0  # the place in ``present`` that stands for no need

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

cdef struct Way:  # one of the ways in which a phrase goes on after its first word
    int32_t needs[NEEDED]  # of the phrase, the rarest first, each by its place in ``present``
    int32_t second  # one number for the words right after the first; -1 where any will do
    int32_t at  # how many words on its first node is
    int32_t node
    int32_t cue
    int32_t rank
    bint at_start
    bint asking
    bint veto


cdef struct Start:  # a way that a word can start, and what most often tells that the phrase does not stand there
    int32_t rarest
    int32_t further
    int32_t way


cdef struct Match:
    int32_t cue
    int32_t first
    int32_t stop
    int32_t rank  # of the phrase's text among all: which of two equal matches is told; of an exception its way


cdef int _by_way(const void* one, const void* other) noexcept nogil:
    cdef int32_t a = (<Start*>one).way, b = (<Start*>other).way
    return (a > b) - (a < b)


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

    cdef void longest(self, int32_t cue, int32_t first, int32_t stop, int32_t rank) except *:
        """Add a match, or lengthen the last where it is of the same phrase at the same word."""
        cdef Match* last
        if self.size:
            last = &self.rows[self.size - 1]
            if last.first == first and last.cue == cue and last.rank == rank:
                last.stop = max(last.stop, stop)
                return
        self.add(cue, first, stop, rank)


cdef struct Word:  # what is known of a word; all in one block, as it is used together
    uint64_t* bits  # of its numbers
    int32_t* needs  # that it fills, by their places in ``present``
    int32_t n_needs
    Start* starts
    int32_t n_starts
    bint negates


cdef class _Known:
    """Holds what is known of words that are alike."""

    cdef Word word

    def __dealloc__(self):
        free(self.word.bits)


cdef inline bint _has(uint64_t* bits, int32_t number) noexcept nogil:
    return (bits[number >> 6] >> (number & 63)) & 1


cdef class Finder:
    """See ``finder.Finder``."""

    cdef object vocabulary
    cdef dict exact, prefixes, lengths  # of the vocabulary
    cdef frozenset negators
    cdef int32_t reach
    cdef Word** known  # by the numbers of words (see ``_tokens``); they are kept in ``alike``
    cdef int32_t times  # that all numbers were given anew
    cdef dict alike
    cdef list anywhere  # the ways that start with any word
    cdef list cues  # their names
    cdef list sources  # the phrases' texts by rank
    cdef int32_t question_rank
    cdef int32_t n_bits
    cdef int32_t n_needs
    cdef int32_t n_cues
    cdef Node* nodes
    cdef int32_t n_nodes
    cdef int32_t* branches
    cdef int32_t n_branches
    cdef Way* ways
    cdef int32_t n_ways
    cdef int32_t* places  # of each number in ``present``; ``ALWAYS`` where it is no need
    cdef int32_t* leads  # of each number the first of the ways in ``led`` that start with it, up to those of the next
    cdef int32_t* led
    cdef int32_t n_failing
    cdef int32_t* failed  # for each row and word the sentence in which it failed last
    cdef int32_t longest  # words that a row of failures has room for
    cdef int32_t turn  # counts the sentences
    cdef unsigned char* found  # for each cue whether the sentence says it
    cdef unsigned char* asked  # for each cue whether any question says it
    cdef unsigned char* never_asked  # for each cue whether no question does
    cdef unsigned char* negatable
    cdef unsigned char* present  # for each need whether it stands in the sentence, from the word that is looked at
    cdef uint64_t* nothing
    cdef uint64_t** here  # of the words of the sentence, and of nothing after the last
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
        self.known = <Word**>calloc(NUMBERED, sizeof(Word*))
        if self.known == NULL:
            raise MemoryError
        self.alike = {}
        self.anywhere = []
        self.matches = _Matches()
        self.vetoes = _Matches()
        self.cues = [words.cue for words in cues]
        self.n_cues = len(cues)
        self.found = _flags(cues, None)
        self.asked = _flags(cues, lambda words: any(not phrase.needs for phrase in words.phrases))
        self.never_asked = _flags(cues, lambda words: any(not phrase.needs for phrase in words.unless))
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
        memo, places, by_lead = {}, {}, {}
        for number, phrase in prepared:
            self._enter(phrase, number, ranks[phrase.source], memo, places, by_lead)
        size = len(self.vocabulary.words)
        self.places = _row([places.get(number, ALWAYS) for number in range(size)])
        self.leads = _row(accumulate([len(by_lead.get(number, ())) for number in range(size)], initial=0))
        self.led = _row(chain.from_iterable([by_lead.get(number, ()) for number in range(size)]))
        self.n_bits = (size + 63) // 64
        self.n_needs = ALWAYS + 1 + len(places)
        self.present = <unsigned char*>calloc(self.n_needs, 1)
        self.nothing = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        self._make_room(64)

    def __dealloc__(self):
        free(self.known)
        free(self.nodes)
        free(self.branches)
        free(self.ways)
        free(self.places)
        free(self.leads)
        free(self.led)
        free(self.failed)
        free(self.found)
        free(self.asked)
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

    cdef void _enter(self, object phrase, int32_t cue, int32_t rank, dict memo, dict places, dict by_lead) except *:
        """Number the ways of a phrase."""
        cdef Way way
        cdef Node* node
        cdef int32_t slot
        memset(&way, 0, sizeof(Way))
        way.cue = cue
        way.rank = rank
        way.at_start = phrase.at_start
        way.asking = phrase.asking
        way.veto = phrase.veto
        needs = phrase.needs
        if len(phrase.anchors) == 1:
            needs = (phrase.anchors[0].word, *needs)
        needs = [need for need in needs if phrase.starts != frozenset((need,))]  # it stands there, or none is tried
        for slot, need in enumerate(needs[:NEEDED]):
            way.needs[slot] = places.setdefault(need, ALWAYS + 1 + len(places))
        second = self.vocabulary.any_of(phrase.seconds) if phrase.gap == 0 else None
        self.ways = <Way*>realloc(self.ways, (self.n_ways + len(phrase.ways)) * sizeof(Way))
        if self.ways == NULL:
            raise MemoryError
        for lead, steps in phrase.ways:
            way.second = -1 if second is None else second
            way.at = 0
            way.node = self._node(steps, memo)
            node = &self.nodes[way.node]
            if node.what == EDGE and way.at_start:
                way.node = node.next
                node = &self.nodes[way.node]
            if node.what == WORD and node.value == lead:  # a word that starts it has taken that step
                way.at = 1
                way.node = node.next
                node = &self.nodes[way.node]
                if node.what == WORD or (node.what == CHOICE and node.value != NO_LEAD and node.least == node.most):
                    way.second = node.value
            if lead is None:
                self.anywhere.append(self.n_ways)
            else:
                by_lead.setdefault(lead, []).append(self.n_ways)
            self.ways[self.n_ways] = way
            self.n_ways += 1

    cdef int32_t _node(self, object steps, dict memo) except -1:
        """The number of the node of a chain of steps, and of all after it; steps that are alike are one node."""
        cdef Node node
        cdef int32_t number
        cdef bint deep = False
        cdef list branches = []
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
                lead, starts, by_number, choices, others, deep = value
                first = sorted({branch for each in by_number.values() for branch in each})
                branches = [self._node(each, memo) for each in [*[choices[branch] for branch in first], *others]]
                node.value = NO_LEAD if lead is None else lead
                node.least = len(first)
                node.most = len(branches)
            else:
                node.next = self._node(after, memo)
                if what == WORD:
                    node.value = value
                elif what == GAP:
                    node.least, node.most, lead, deep = value
                    node.value = NO_LEAD if lead is None else lead
                elif what == EDGE:
                    node.value = _MARKS[value]
        alike = (node.what, node.value, node.least, node.most, node.next, deep, *branches)
        known = memo.get(alike)
        if known is None:
            if branches:
                node.branches = self.n_branches
                self.n_branches += node.most
                self.branches = <int32_t*>realloc(self.branches, self.n_branches * sizeof(int32_t))
                for number in range(node.most):
                    self.branches[node.branches + number] = branches[number]
            if deep:
                node.failing = self.n_failing
                self.n_failing += 1
            self.nodes = <Node*>realloc(self.nodes, (self.n_nodes + 1) * sizeof(Node))
            self.nodes[self.n_nodes] = node
            known = memo[alike] = (self.n_nodes, None)
            self.n_nodes += 1
        memo[key] = (known[0], steps)  # the steps are kept, so that no other chain gets their id
        return known[0]

    cdef _Known _know(self, str word):
        """Look a word up. Most forms of a word are known alike, which is kept."""
        cdef _Known known
        numbers = self._numbers(word)
        negates = word in self.negators or word.endswith("n't")
        known = self.alike.get((numbers, negates))
        if known is None:
            known = self.alike[numbers, negates] = self._made(numbers, negates)
        return known

    cdef frozenset _numbers(self, str word):
        """See ``Vocabulary.of``; every finder meets every new word."""
        cdef str bare = word.strip("'") if "'" in word else word
        cdef Py_ssize_t length, size = len(bare)
        cdef list numbers = []
        cdef PyObject* known
        if bare.isdigit():
            return self.vocabulary.of(word)
        known = PyDict_GetItemWithError(self.exact, bare)
        if known != NULL:
            numbers += <list><object>known
        known = PyDict_GetItemWithError(self.lengths, bare[:_SHORTEST_PREFIX])
        if known != NULL:
            for length in <list><object>known:
                if length > size:
                    break
                known = PyDict_GetItemWithError(self.prefixes, bare[:length])
                if known != NULL:
                    numbers += <list><object>known
        return frozenset(numbers)

    cdef _Known _made(self, numbers, bint negates):
        """What is known of words that are these numbers."""
        cdef _Known kept = _Known()
        cdef Word* known = &kept.word
        cdef int32_t at, number
        known.negates = negates
        known.n_starts = len(self.anywhere)
        for number in numbers:
            known.n_needs += self.places[number] != ALWAYS
            known.n_starts += self.leads[number + 1] - self.leads[number]
        known.bits = <uint64_t*>calloc(
            1, self.n_bits * sizeof(uint64_t) + known.n_starts * sizeof(Start) + known.n_needs * sizeof(int32_t)
        )
        if known.bits == NULL:
            raise MemoryError
        known.starts = <Start*>(known.bits + self.n_bits)
        known.needs = <int32_t*>(known.starts + known.n_starts)
        known.n_starts = known.n_needs = 0
        for number in numbers:
            known.bits[number >> 6] |= <uint64_t>1 << (number & 63)
            if self.places[number] != ALWAYS:
                known.needs[known.n_needs] = self.places[number]
                known.n_needs += 1
            for at in range(self.leads[number], self.leads[number + 1]):
                self._start(known, self.led[at])
        for number in self.anywhere:
            self._start(known, number)
        qsort(known.starts, known.n_starts, sizeof(Start), _by_way)
        return kept

    cdef void _start(self, Word* known, int32_t way) noexcept:
        """Note a way that a word can start."""
        known.starts[known.n_starts] = Start(self.ways[way].needs[0], self.ways[way].needs[1], way)
        known.n_starts += 1

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
                before = PyDict_GetItemWithError(found, cue)
                if before == NULL:
                    found[cue] = [place]
                else:
                    (<list><object>before).append(place)
            first = after

    cdef void _know_all(self, tokens) except *:
        """Look up the words of a turn."""
        cdef list words = tokens.words
        cdef Py_ssize_t at, size = len(words)
        cdef const int32_t* numbers = numbers_of(tokens)
        cdef int32_t number
        cdef Word* word
        if size > self.room:
            self.room = 2 * size
            self.words = <Word**>realloc(self.words, self.room * sizeof(Word*))
            if self.words == NULL:
                raise MemoryError
        if given_anew(numbers, &self.times):
            memset(self.known, 0, NUMBERED * sizeof(Word*))
        for at in range(size):
            number = number_at(numbers, at)
            word = self.known[number] if number != UNNUMBERED else NULL
            if word == NULL:
                word = &self._know(words[at]).word
                if number != UNNUMBERED:
                    self.known[number] = word
            self.words[at] = word
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
        self.here[size] = self.nothing
        memset(self.found, 0, self.n_cues)
        self._search(question)
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
        self._except()
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

    cdef void _search(self, bint question) except *:
        """Try each phrase at each word that it can start with, and gather where exceptions may stand.

        From the last word to the first: what a phrase needs has to stand where it starts, or after that.
        """
        cdef int32_t at, index, slot, stop
        cdef Word* known
        cdef Start* start
        cdef Way* way
        cdef unsigned char* present = self.present
        memset(present, 0, self.n_needs)
        present[ALWAYS] = True
        for at in range(self.size - 1, -1, -1):
            known = self.words[self.start + at]
            for slot in range(known.n_needs):
                present[known.needs[slot]] = True
            for index in range(known.n_starts):
                start = &known.starts[index]
                if not present[start.rarest] or not present[start.further]:
                    continue
                way = &self.ways[start.way]
                if not present[way.needs[2]]:
                    continue
                if way.second >= 0 and not _has(self.here[at + 1], way.second):
                    continue
                if (way.asking and not question) or (way.at_start and at > 0):
                    continue
                if way.veto:
                    self.vetoes.add(way.cue, at, at, start.way)
                    continue
                stop = self._ends(way.node, at + way.at)
                if stop > at:
                    self.matches.longest(way.cue, at, stop, way.rank)
                    self.found[way.cue] = 1

    cdef void _except(self) except *:
        """Try the exceptions of the cues found."""
        cdef int32_t at
        cdef Match* match
        cdef Way* way
        for at in range(self.vetoes.size):
            match = &self.vetoes.rows[at]
            if self.found[match.cue]:
                way = &self.ways[match.rank]
                match.stop = self._ends(way.node, match.first + way.at)

    cdef int32_t _ends(self, int32_t number, int32_t at) except -2:
        """The word after a match whose further steps start at word ``at``; -1 where there is none."""
        cdef Node* node
        cdef int32_t here, last, slot, end, branch
        while True:
            node = &self.nodes[number]
            if node.what == WORD:
                if not _has(self.here[at], node.value):
                    return -1
                at += 1
            elif node.what == END:
                return at
            elif node.what == CHOICE:
                if self._failed(node, at):
                    return -1
                if node.value != NO_LEAD and _has(self.here[at], node.value):
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
                    if node.value == NO_LEAD or _has(self.here[here], node.value):
                        end = self._ends(node.next, here)
                        if end >= 0:
                            return end
                return self._fail(node, at)
            elif node.what == NUMBER:
                if not _has(self.here[at], _DIGITS):
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


cdef int32_t* _row(numbers) except NULL:
    """Numbers in a row."""
    cdef list given = list(numbers)
    cdef int32_t* row = <int32_t*>calloc(max(1, len(given)), sizeof(int32_t))
    cdef Py_ssize_t at
    if row == NULL:
        raise MemoryError
    for at in range(len(given)):
        row[at] = given[at]
    return row
