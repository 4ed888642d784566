# cython: language_level=3, boundscheck=False, wraparound=False
"""``Matcher`` in C: what ``matching.Matcher`` does, many times faster, match for match.

The chains of steps become arrays of numbers, and what is known of a word a set of bits and a list of the phrases that
it can start. A test holds the two against each other.
"""

from libc.stdint cimport int32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memset

from reviewqa.language.vocabulary import DIGITS

cdef int32_t _DIGITS = DIGITS

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
    bint at_start
    bint asking
    bint veto


cdef class _Known:
    """What is known of a word: the bits of its numbers, and the phrases that it can start."""

    cdef uint64_t* bits
    cdef int32_t* starts  # the phrases, then the exceptions
    cdef int32_t n_phrases
    cdef int32_t n_starts

    def __dealloc__(self):
        free(self.bits)
        free(self.starts)


cdef inline bint _has(uint64_t* bits, int32_t number) noexcept nogil:
    return (bits[number >> 6] >> (number & 63)) & 1


cdef class Matcher:
    """See ``matching.Matcher``."""

    cdef object vocabulary
    cdef dict seen
    cdef dict alike
    cdef dict by_start
    cdef list anywhere
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
    cdef unsigned char* asked
    cdef unsigned char* vetoed  # for each cue whether it has exceptions
    cdef uint64_t* present  # what the words of the sentence are, together
    cdef uint64_t* nothing
    cdef uint64_t** here
    cdef list marks
    cdef int32_t size

    def __init__(self, phrases, vocabulary, asked):
        cdef int32_t number
        self.vocabulary = vocabulary
        self.seen = {}
        self.alike = {}
        self.by_start = {}
        self.anywhere = []
        self.n_phrases = len(phrases)
        self.entries = <Entry*>calloc(max(1, self.n_phrases), sizeof(Entry))
        cues = {}
        memo = {}
        for number, phrase in enumerate(phrases):
            self._enter(number, phrase, cues.setdefault(phrase.cue, len(cues)), memo)
        for cue in asked:
            cues.setdefault(cue, len(cues))
        self.n_cues = len(cues)
        self.found = <unsigned char*>calloc(max(1, self.n_cues), 1)
        self.asked = <unsigned char*>calloc(max(1, self.n_cues), 1)
        self.vetoed = <unsigned char*>calloc(max(1, self.n_cues), 1)
        for cue in asked:
            self.asked[<int32_t>cues[cue]] = 1
        for number in range(self.n_phrases):
            if self.entries[number].veto:
                self.vetoed[self.entries[number].cue] = 1
        self.n_bits = (len(vocabulary.words) + 63) // 64
        self.present = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        self.nothing = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
        self.longest = 0
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
        free(self.present)
        free(self.nothing)
        free(self.here)

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

    cdef void _enter(self, int32_t number, object phrase, int32_t cue, dict memo) except *:
        cdef Entry* entry = &self.entries[number]
        cdef int32_t slot
        entry.cue = cue
        entry.at_start = phrase.at_start
        entry.asking = phrase.asking
        entry.veto = phrase.veto
        needs = phrase.needs[:NEEDED]
        if len(phrase.anchors) == 1:
            needs = (phrase.anchors[0].word, *needs)[:NEEDED]
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
        """Look a word up; remembered, within bounds. Most forms of a word are known alike."""
        cdef _Known known
        cdef int32_t at
        numbers = self.vocabulary.of(word)
        known = self.alike.get(numbers)
        if known is None:
            known = _Known()
            known.bits = <uint64_t*>calloc(self.n_bits, sizeof(uint64_t))
            starts = set(self.anywhere)
            for number in numbers:
                at = number
                known.bits[at >> 6] |= <uint64_t>1 << (at & 63)
                starts.update(self.by_start.get(number, ()))
            known.n_starts = len(starts)
            known.starts = <int32_t*>malloc(max(1, known.n_starts) * sizeof(int32_t))
            for at, (veto, number) in enumerate(sorted((bool(self.entries[<int32_t>each].veto), each) for each in starts)):
                known.starts[at] = number
                known.n_phrases += not veto
            self.alike[numbers] = known
        if len(self.seen) >= MEMORY:
            self.seen.clear()
        self.seen[word] = known
        return known

    def matches(self, list words, list marks):
        """The matches of all phrases in a sentence; those of exceptions only where the sentence says their cue."""
        cdef int32_t size = len(words)
        cdef int32_t at, slot
        cdef _Known known
        cdef uint64_t* bits
        cdef uint64_t* present = self.present
        cdef int32_t n_bits = self.n_bits
        cdef bint question = "?" in <str>marks[size - 1]
        cdef list matches = []
        cdef list knowns = []
        if size > self.longest or self.turn == 2_000_000_000:
            self._make_room(max(size, self.longest))
        self.turn += 1
        self.marks = marks
        self.size = size
        memset(present, 0, n_bits * sizeof(uint64_t))
        for at in range(size):
            known = self.seen.get(words[at])
            if known is None:
                known = self._know(words[at])
            knowns.append(known)
            bits = known.bits
            self.here[at] = bits
            for slot in range(n_bits):
                present[slot] |= bits[slot]
        for at in range(self.n_cues):
            self.found[at] = self.asked[at] if question else 0
        self._search(knowns, question, False, matches)
        for at in range(self.n_cues):
            if self.found[at] and self.vetoed[at]:
                self._search(knowns, question, True, matches)
                break
        return matches

    cdef void _search(self, list knowns, bint question, bint veto, list matches) except *:
        """Try each phrase, or each exception of the cues found, at each word that it can start with."""
        cdef int32_t at, index, number, slot, stop, longest
        cdef _Known known
        cdef Entry* entry
        cdef Way* way
        cdef bint fits
        cdef uint64_t* here
        cdef uint64_t* after
        cdef uint64_t* present = self.present
        for at in range(self.size):
            known = <_Known>knowns[at]
            here = self.here[at]
            after = self.here[at + 1] if at + 1 < self.size else self.nothing
            for index in range(known.n_phrases if veto else 0, known.n_starts if veto else known.n_phrases):
                number = known.starts[index]
                entry = &self.entries[number]
                if veto and not self.found[entry.cue]:
                    continue
                if (entry.asking and not question) or (entry.at_start and at > 0):
                    continue
                if entry.second >= 0 and not _has(after, entry.second):
                    continue
                fits = True
                for slot in range(entry.n_needs):
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
                    matches.append((number, at, longest))
                    if not veto:
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
                while at < last and _has(self.here[at], _DIGITS) and self.marks[at - 1] in _INSIDE_NUMBERS:
                    at += 1
            elif node.value == FROM_START:
                if at > 0:
                    return -1
            elif at < self.size or (node.value == ASKED and "?" not in self.marks[self.size - 1]):
                return -1
            number = node.next

    cdef inline bint _failed(self, Node* node, int32_t at) noexcept:
        return node.failing >= 0 and self.failed[node.failing * (self.longest + 1) + at] == self.turn

    cdef inline int32_t _fail(self, Node* node, int32_t at) noexcept:
        if node.failing >= 0:
            self.failed[node.failing * (self.longest + 1) + at] = self.turn
        return -1
