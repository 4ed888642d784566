# cython: language_level=3, boundscheck=False, wraparound=False
"""``Logic`` in C: what ``find`` of the conditions does, several times faster, place for place.

Only what joins conditions and sifts places is here; which places a condition has to sift is asked of its own class. A
condition that stands in several rules is settled once for a conversation. A test holds the two against each other.
"""

from bisect import bisect_left, bisect_right

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t

from reviewqa.language._shared cimport place_of

from reviewqa.rules.conditions import AllOf, AnyOf, Cue, Not, Placed, Repeated, Scored, Shouting, Situation, Turns
from reviewqa.rules.reading import OF_SCORE, Place

cdef enum:
    WITH = 0
    AFTER = 1
    BEFORE = 2
    NEAR = 3
    OTHER = 4  # left to the relation's own class
    SIXTY_FOURS = 4  # bits of the words of a turn

cdef object _PLACE = Place
cdef str _TURN = "turn"
cdef str _REPEATED = "repeated"
cdef dict _KINDS = {"with": WITH, "without": WITH, "after": AFTER, "not_after": AFTER, "before": BEFORE,
                    "not_before": BEFORE, "near": NEAR, "not_near": NEAR}


cdef class Logic:
    """See ``logic.Logic``."""

    cdef dict nodes  # by the id of a condition it and its node: it is kept, so that no other gets its id
    cdef dict equal  # nodes by their conditions, or by the names of situations
    cdef int shared
    cdef _Open last

    def __init__(self):
        self.shared = 0
        self.last = None
        self.nodes = {}
        self.equal = {}

    def find(self, condition, reading):
        """The places that make a condition hold, or None where it does not."""
        cdef _Open opened
        known = self.nodes.get(id(condition))
        if known is None:
            known = self.nodes[id(condition)] = condition, self._node(condition)
        opened = self.last
        if opened is None or opened.reading is not reading:
            opened = self.last = _Open(reading)
        return (<_Node>(<tuple>known)[1]).find(opened)

    cdef _Node _node(self, condition):
        """The node of a condition; equal ones share theirs, as far as that is told without a look into situations."""
        cdef _Node node
        if isinstance(condition, Situation):
            key = condition.name
        elif any([isinstance(part, Situation) for part in condition.walk()]):
            return self._made(condition)
        else:
            key = condition
        node = self.equal.get(key)
        if node is None:
            node = self.equal[key] = self._made(condition)
        elif node.key is None:
            self.shared += 1
            node.key = self.shared
        return node

    cdef _Node _made(self, condition):
        if isinstance(condition, AnyOf):
            return _Any(tuple([self._node(part) for part in condition.conditions]))
        if isinstance(condition, AllOf):
            return _All(tuple([self._node(part) for part in condition.conditions]))
        if isinstance(condition, Not):
            return _Not(self._node(condition.condition))
        if isinstance(condition, Situation):
            return _Named(condition.name, self._node(condition.condition))
        if isinstance(condition, Placed):
            relations = [_Relation(each, self._node(each.condition)) for each in condition.where.relations]
            if isinstance(condition, Turns) and condition.not_counting is not None:
                return _Counted(condition, relations, self._node(condition.not_counting))
            return _KIND_OF.get(type(condition), _Placed)(condition, relations)
        return _Loud(condition) if isinstance(condition, Shouting) else _Other(condition)


cdef class _Open:
    """What a reading holds, at hand: conditions ask for it hundreds of times in a conversation."""

    cdef object reading
    cdef object hits
    cdef object settled
    cdef object positions
    cdef object position
    cdef object ranges
    cdef object scores
    cdef object turn_places
    cdef object first_sentences
    cdef list words
    cdef dict bags

    def __init__(self, reading):
        self.reading = reading
        self.hits = reading.hits
        self.settled = reading.settled
        self.positions = reading.positions
        self.position = reading.position
        self.ranges = reading.ranges
        self.scores = reading.scores
        self.turn_places = reading.turn_places
        self.first_sentences = reading.first_sentences
        self.words = reading.words
        self.bags = {}

    cdef _Bag bag(self, turn):
        """The words of a turn."""
        cdef PyObject* known = PyDict_GetItemWithError(self.bags, turn)
        if known != NULL:
            return <_Bag><object>known
        bag = self.bags[turn] = _Bag(self.words[turn])
        return bag


cdef class _Node:
    """A condition. ``key``: by what it is settled once for a conversation; None where it stands in one place only."""

    cdef object key

    cdef object find(self, _Open opened):
        cdef PyObject* known
        if self.key is None:
            return self.settle(opened)
        known = PyDict_GetItemWithError(opened.settled, self.key)
        if known != NULL:
            return <object>known
        found = (<dict>opened.settled)[self.key] = self.settle(opened)
        return found

    cdef object settle(self, _Open opened):
        raise NotImplementedError


cdef class _Any(_Node):
    cdef tuple nodes

    def __init__(self, nodes):
        self.nodes = nodes

    cdef object settle(self, _Open opened):
        held = None
        for node in self.nodes:
            found = (<_Node>node).find(opened)
            if found is not None:
                held = <tuple>held + <tuple>found if held else found
        return held


cdef class _All(_Node):
    cdef tuple nodes

    def __init__(self, nodes):
        self.nodes = nodes

    cdef object settle(self, _Open opened):
        cdef tuple held = ()
        for node in self.nodes:
            found = (<_Node>node).find(opened)
            if found is None:
                return None
            if found:
                held = held + <tuple>found if held else found
        return held


cdef class _Not(_Node):
    cdef _Node node

    def __init__(self, node):
        self.node = node

    cdef object settle(self, _Open opened):
        return () if self.node.find(opened) is None else None


cdef class _Named(_Node):
    """A situation."""

    cdef _Node node

    def __init__(self, name, node):
        self.key = name
        self.node = node

    cdef object settle(self, _Open opened):
        found = self.node.find(opened)
        return tuple(dict.fromkeys(found)) if found else found


cdef class _Other(_Node):
    cdef object condition

    def __init__(self, condition):
        self.condition = condition

    cdef object settle(self, _Open opened):
        return self.condition.find(opened.reading)


cdef class _Loud(_Other):
    """Shouting: what may be some is looked for here, since there is hardly ever any."""

    cdef object settle(self, _Open opened):
        cdef list perhaps = []
        turns = <tuple>opened.reading.conversation.turns
        for turn in <list>opened.reading.turns_of(self.condition.role):
            if _perhaps_loud(turns[turn].text):
                perhaps.append(turn)
        return self.condition.among(perhaps, opened.reading) if perhaps else None


cdef bint _perhaps_loud(str text):
    """Whether both of what ``conditions`` looks for first, in its regular expressions, is in a text."""
    cdef int capitals = 0, without = 0
    cdef bint loud = False, long_ = False
    cdef Py_UCS4 char
    for char in text:
        if c"a" <= char <= c"z" or c"0" <= char <= c"9" or char == c"_":
            capitals = without = 0
            continue
        without += 1
        if c"A" <= char <= c"Z" or (char >= 0x80 and char != 0xF3 and char != 0x105 and char != 0x107):
            capitals += 1
            loud = loud or capitals == 3
        else:
            capitals = 0
        long_ = long_ or without == 14
        if loud and long_:
            return True
    return False


cdef class _Placed(_Node):
    cdef object condition
    cdef str position
    cdef list relations
    cdef Py_ssize_t at_least

    def __init__(self, condition, relations):
        self.condition = condition
        self.position = condition.where.position
        self.relations = relations
        self.at_least = condition.where.at_least

    cdef list places(self, _Open opened):
        """The places to sift; None where there are none."""
        return list(self.condition.places(opened.reading))

    cdef object settle(self, _Open opened):
        cdef PyObject* known
        cdef list places = self.places(opened)
        if not places:
            return None
        if self.position is not None:
            known = PyDict_GetItemWithError(opened.positions, self.position)
            allowed = <object>known if known != NULL else self.condition.where.allowed(opened.reading)
            places = [place for place in places if (<tuple>place)[0] in allowed]
        for relation in self.relations:
            if not places:
                return None
            places = (<_Relation>relation).keep(places, opened)
        return tuple(places) if len(places) >= self.at_least else None


cdef class _Said(_Placed):
    """A cue."""

    cdef tuple cues

    def __init__(self, condition, relations):
        _Placed.__init__(self, condition, relations)
        self.cues = condition.cues

    cdef list places(self, _Open opened):
        cdef PyObject* known
        cdef list places = None
        for cue in self.cues:
            known = PyDict_GetItemWithError(opened.hits, cue)
            if known != NULL:
                places = <list><object>known if places is None else places + <list><object>known
        return places


cdef class _Spoken(_Placed):
    """Turns that count whatever they say."""

    cdef tuple key

    def __init__(self, condition, relations):
        _Placed.__init__(self, condition, relations)
        self.key = condition.role, condition.least_words

    cdef list places(self, _Open opened):
        cdef PyObject* known = PyDict_GetItemWithError(opened.turn_places, self.key)
        cdef list places
        if known != NULL:
            return <list><object>known
        role, least = self.key
        places = (<dict>opened.turn_places)[self.key] = [
            _whole(opened, turn, _TURN)
            for turn in <list>opened.reading.turns_of(role) if len(<object>opened.words[turn]) >= least
        ]
        return places


cdef class _Counted(_Placed):
    """Turns of which only some sentences count."""

    cdef _Node not_counting
    cdef Py_ssize_t least_words

    def __init__(self, condition, relations, not_counting):
        _Placed.__init__(self, condition, relations)
        self.not_counting = not_counting
        self.least_words = condition.least_words

    cdef list places(self, _Open opened):
        """See ``conditions.Turns.counting``."""
        cdef dict left_out = {}
        cdef list places = []
        allowed = self.condition.where.allowed(opened.reading)
        for place in self.not_counting.find(opened) or ():
            if (<tuple>place)[0] in allowed:
                left_out.setdefault((<tuple>place)[0], []).append((<tuple>place)[1:3])
        for turn in <list>opened.reading.turns_of(self.condition.role):
            if turn in allowed:
                place = self._substance(opened, turn, sorted(left_out.get(turn, ())))
                if place is not None:
                    places.append(place)
        return places

    cdef object _substance(self, _Open opened, turn, list left_out):
        """The first sentence that counts, where those that do have words enough."""
        cdef Py_ssize_t words = 0, first = 0, after, at = 0
        cdef int64_t start, end, taken = -1  # up to where the places are that start before the end of a sentence
        cdef object place = None
        said = opened.reading.tokens[turn]
        if said is None:
            return None
        for after in <list>said.stops:
            span = _sentence(said, first, after)
            start, end = span
            while at < len(left_out) and <int64_t>(<tuple>left_out[at])[0] < end:
                taken = max(taken, <int64_t>(<tuple>left_out[at])[1])
                at += 1
            if taken <= start:
                words += after - first
                place = place_of(_PLACE, turn, span[0], span[1], _TURN) if place is None else place
            first = after
        return place if words >= self.least_words else None


cdef class _Valued(_Placed):
    """Turns with a score in some bounds."""

    cdef str model
    cdef str cue
    cdef double above
    cdef double below
    cdef bint lowest_first
    cdef Py_ssize_t least_words

    def __init__(self, condition, relations):
        _Placed.__init__(self, condition, relations)
        self.model = condition.model
        self.cue = OF_SCORE + condition.model
        self.above = -1.0 if condition.above is None else condition.above
        self.below = 2.0 if condition.below is None else condition.below
        self.lowest_first = condition.below is not None
        self.least_words = condition.least_words

    cdef list places(self, _Open opened):
        cdef PyObject* known = PyDict_GetItemWithError(opened.ranges, self.model)
        cdef double one
        cdef list found = []
        bounds = <tuple><object>known if known != NULL else self._bounds(opened)
        if <double>(<tuple>bounds)[1] <= self.above or <double>(<tuple>bounds)[0] >= self.below:
            return None
        for turn, value in (<dict>opened.scores[self.model]).items():
            one = value
            if self.above < one < self.below and len(opened.words[turn]) >= self.least_words:
                found.append((value, turn))
        if not found:
            return None
        found.sort(reverse=not self.lowest_first)
        return [_whole(opened, (<tuple>each)[1], self.cue) for each in found]

    cdef tuple _bounds(self, _Open opened):
        """See ``Reading.bounds``; made here, since most rules ask no more of a model."""
        cdef double lowest = 2.0, highest = -1.0, one
        values = opened.scores.get(self.model)
        if values is not None:
            for value in (<dict>values).values():
                one = value
                lowest, highest = min(lowest, one), max(highest, one)
        found = opened.ranges[self.model] = lowest, highest
        return found


cdef class _Again(_Placed):
    """Turns that say the same again."""

    cdef tuple key_of
    cdef double similarity
    cdef double share
    cdef Py_ssize_t least
    cdef Py_ssize_t compared
    cdef bint whole_turn

    def __init__(self, condition, relations):
        _Placed.__init__(self, condition, relations)
        self.key_of = condition.role, condition.least_words, condition.similarity, condition.whole_turn
        self.similarity = condition.similarity
        self.share = condition.SHARE
        self.least = condition.least_words
        self.compared = condition.COMPARED
        self.whole_turn = condition.whole_turn

    cdef list places(self, _Open opened):
        cdef PyObject* known
        repeated = opened.reading.repeated
        known = PyDict_GetItemWithError(repeated, self.key_of)
        if known != NULL:
            return <list><object>known
        found = repeated[self.key_of] = self._found(opened)
        return found

    cdef list _found(self, _Open opened):
        """See ``conditions.Repeated``."""
        cdef list words, places = [], earlier = [], numbers = []
        cdef dict said = {}
        cdef Py_ssize_t first, after, number, again, at
        cdef _Bag bag
        reading = opened.reading
        for turn in <list>reading.turns_of(self.condition.role):
            if len(opened.words[turn]) >= self.least:
                numbers.append(turn)
        if len(numbers) < 2:
            return places
        for turn in numbers:
            bag = opened.bag(turn)
            if not bag.told:
                continue
            again, at = 0, -1
            words = bag.words
            if not self.whole_turn:
                first = number = 0
                for stop in <list>reading.tokens[turn].stops:
                    after = stop
                    if after - first >= self.least and said.setdefault(tuple(words[first:after]), turn) != turn:
                        again += after - first
                        at = number if at < 0 else at
                    first = after
                    number += 1
            if again and again >= self.share * len(words):
                start, end = reading.tokens[turn].sentence(at)
                places.append(place_of(_PLACE, turn, start, end, _REPEATED))
            elif self._is_like_one_of(bag, earlier):
                places.append(_whole(opened, turn, _REPEATED))
            earlier.append(bag)
        return places

    cdef bint _is_like_one_of(self, _Bag bag, list earlier) except -1:
        cdef Py_ssize_t size, common, other_size, at
        cdef _Bag other
        for at in range(max(0, len(earlier) - self.compared), len(earlier)):
            other = <_Bag>earlier[at]
            if not bag.may_share(other, self.similarity):
                continue
            size, other_size = len(bag.different()), len(other.different())
            if size * self.similarity <= other_size and other_size * self.similarity <= size:
                common = len(bag.different() & other.different())
                if common >= self.similarity * (size + other_size - common):
                    return True
        return False


cdef class _Bag:
    """The words of a turn. Most turns have little in common, which a few bits tell: one for each word, or for several.

    ``told``: whether at least half of the words are none with digits in it, see ``Reading.bag``.
    """

    cdef list words
    cdef frozenset kept
    cdef uint64_t bits[SIXTY_FOURS]
    cdef bint told

    def __init__(self, list words):
        cdef Py_ssize_t letters = 0
        cdef uint64_t hashed
        self.words = words
        for word in words:
            hashed = hash(<str>word)
            self.bits[hashed >> 6 & SIXTY_FOURS - 1] |= <uint64_t>1 << (hashed & 63)
            if 2 * letters < len(words) and _of_letters(<str>word):
                letters += 1
        self.told = 2 * letters >= len(words)

    cdef frozenset different(self):
        if self.kept is None:
            self.kept = frozenset(self.words)
        return self.kept

    cdef bint may_share(self, _Bag other, double similarity) noexcept:
        """Whether two bags may have a share of their words in common (Jaccard): each bit that only one of them has is a
        word that only that one has."""
        cdef uint64_t bits
        cdef Py_ssize_t apart = 0, common, at
        for at in range(SIXTY_FOURS):
            bits = self.bits[at] ^ other.bits[at]
            while bits != 0:
                bits &= bits - 1  # without the lowest
                apart += 1
        common = (len(self.words) + len(other.words) - apart) // 2  # at most
        return common >= similarity * (common + apart)


cdef bint _of_letters(str word) noexcept:
    """``isalpha`` for words of a reading copy."""
    cdef Py_UCS4 char
    for char in word:
        if not c"a" <= char <= c"z":
            return False
    return True


cdef tuple _first_sentence(reading, turn):
    """See ``Reading.first_sentence``."""
    said = reading.tokens[turn]
    if said is None or not said.stops:
        return reading.first_sentence(turn)
    span = reading.first_sentences[turn] = _sentence(said, 0, said.stops[0])
    return span


cdef tuple _sentence(said, Py_ssize_t first, Py_ssize_t after):
    """The span of a sentence in the original text, see ``Tokens``."""
    cdef str mark = (<list>said.marks)[after - 1]
    cdef Py_ssize_t ends = 0
    while ends < len(mark) and mark[ends] in ".!?":
        ends += 1
    start, end = (<list>said.starts)[first], (<list>said.ends)[after - 1]
    if ends:
        end = end + ends
    return (start, end) if said.view.offsets is None else said.view.span(start, end)


cdef object _whole(_Open opened, turn, str cue):
    """See ``Reading.turn_place``."""
    cdef PyObject* known = PyDict_GetItemWithError(opened.first_sentences, turn)
    cdef object span = <tuple><object>known if known != NULL else _first_sentence(opened.reading, turn)
    return place_of(_PLACE, turn, (<tuple>span)[0], (<tuple>span)[1], cue)


cdef class _Relation:
    cdef object relation
    cdef _Node node
    cdef int kind
    cdef int64_t within  # turns; -1 where there is no bound
    cdef bint negative

    def __init__(self, relation, node):
        self.relation = relation
        self.node = node
        self.kind = _KINDS.get(relation.kind, OTHER)
        self.within = -1 if relation.within_turns is None or self.kind == WITH else relation.within_turns
        self.negative = relation.negative

    cdef list keep(self, list places, _Open opened):
        cdef int64_t bound
        cdef list kept = []
        cdef tuple anchors = self.node.find(opened)
        if not anchors:
            return places if self.negative or anchors is not None else kept
        if self.kind == OTHER:
            return list(self.relation.keep(places, anchors, opened.reading))
        if self.kind != WITH and (self.within >= 0 or self.kind == NEAR):
            ordered = sorted([_offset(anchor) for anchor in anchors])
            for place in places:
                if self._stands(_offset(place), ordered, opened.position) is not self.negative:
                    kept.append(place)
            return kept
        if self.kind == WITH:
            turns = {(<tuple>anchor)[0] for anchor in anchors}
            for place in places:
                if ((<tuple>place)[0] in turns) is not self.negative:
                    kept.append(place)
            return kept
        bound = _offset(anchors[0])
        for anchor in anchors:
            bound = min(bound, _offset(anchor)) if self.kind == AFTER else max(bound, _offset(anchor))
        for place in places:
            if (_offset(place) > bound if self.kind == AFTER else _offset(place) < bound) is not self.negative:
                kept.append(place)
        return kept

    cdef bint _stands(self, int64_t here, list anchors, position) except -1:
        """Whether the nearest anchor on the right side is near enough; the anchors are in order."""
        cdef Py_ssize_t first = bisect_left(anchors, here), last = bisect_right(anchors, here)
        if self.kind != BEFORE and first > 0 and self._near_enough(here, anchors[first - 1], position):
            return True
        if self.kind != AFTER and last < len(anchors) and self._near_enough(here, anchors[last], position):
            return True
        return self.kind == NEAR and first < last

    cdef bint _near_enough(self, int64_t one, int64_t other, position) except -1:
        if self.within < 0:
            return True
        here, there = position.get(one >> 40), position.get(other >> 40)
        return here is not None and there is not None and abs(<int64_t>here - <int64_t>there) <= self.within


cdef inline int64_t _offset(place) except -1:
    """Where a place starts, as one number that grows with the conversation."""
    return (<int64_t>(<tuple>place)[0] << 40) + <int64_t>(<tuple>place)[1]


cdef dict _KIND_OF = {Cue: _Said, Turns: _Spoken, Scored: _Valued, Repeated: _Again}
