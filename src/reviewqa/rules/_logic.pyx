# cython: language_level=3, boundscheck=False, wraparound=False
"""``Logic`` in C: what ``find`` of the conditions does, several times faster, place for place.

Only what joins conditions and sifts places is here; which places a condition has to sift is asked of its own class. A
condition that stands in several rules is settled once for a conversation. A test holds the two against each other.
"""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from reviewqa.rules.conditions import AllOf, AnyOf, Cue, Not, Placed, Scored, Situation

cdef enum:
    WITH = 0
    AFTER = 1
    BEFORE = 2
    OTHER = 3  # left to the relation's own class

cdef dict _KINDS = {"with": WITH, "without": WITH, "after": AFTER, "not_after": AFTER, "before": BEFORE,
                    "not_before": BEFORE}


cdef class Logic:
    """See ``logic.Logic``."""

    cdef dict nodes  # by the id of a condition it and its node: it is kept, so that no other gets its id
    cdef dict equal  # nodes by their conditions, or by the names of situations
    cdef int shared

    def __init__(self):
        self.shared = 0
        self.nodes = {}
        self.equal = {}

    def find(self, condition, reading):
        """The places that make a condition hold, or None where it does not."""
        known = self.nodes.get(id(condition))
        if known is None:
            known = self.nodes[id(condition)] = condition, self._node(condition)
        return (<_Node>(<tuple>known)[1]).find(reading)

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
            return _Placed(condition, [_Relation(each, self._node(each.condition)) for each in condition.where.relations])
        return _Other(condition)


cdef class _Node:
    """A condition. ``key``: by what it is settled once for a conversation; None where it stands in one place only."""

    cdef object key

    cdef object find(self, reading):
        cdef PyObject* known
        if self.key is None:
            return self.settle(reading)
        settled = <dict>reading.settled
        known = PyDict_GetItem(settled, self.key)
        if known != NULL:
            return <object>known
        found = settled[self.key] = self.settle(reading)
        return found

    cdef object settle(self, reading):
        raise NotImplementedError


cdef class _Any(_Node):
    cdef tuple nodes

    def __init__(self, nodes):
        self.nodes = nodes

    cdef object settle(self, reading):
        held = None
        for node in self.nodes:
            found = (<_Node>node).find(reading)
            if found is not None:
                held = <tuple>held + <tuple>found if held else found
        return held


cdef class _All(_Node):
    cdef tuple nodes

    def __init__(self, nodes):
        self.nodes = nodes

    cdef object settle(self, reading):
        cdef tuple held = ()
        for node in self.nodes:
            found = (<_Node>node).find(reading)
            if found is None:
                return None
            if found:
                held = held + <tuple>found if held else found
        return held


cdef class _Not(_Node):
    cdef _Node node

    def __init__(self, node):
        self.node = node

    cdef object settle(self, reading):
        return () if self.node.find(reading) is None else None


cdef class _Named(_Node):
    """A situation."""

    cdef _Node node

    def __init__(self, name, node):
        self.key = name
        self.node = node

    cdef object settle(self, reading):
        found = self.node.find(reading)
        return tuple(dict.fromkeys(found)) if found else found


cdef class _Other(_Node):
    cdef object condition

    def __init__(self, condition):
        self.condition = condition

    cdef object settle(self, reading):
        return self.condition.find(reading)


cdef class _Placed(_Node):
    cdef object condition
    cdef tuple cues  # None where the condition is more than that one of them was said
    cdef object model  # None where it is not that of a score above a bound
    cdef double above
    cdef object position
    cdef list relations
    cdef Py_ssize_t at_least

    def __init__(self, condition, relations):
        self.condition = condition
        self.cues = condition.cues if type(condition) is Cue else None
        self.model = None
        if type(condition) is Scored and condition.above is not None:
            self.model = condition.model
            self.above = condition.above
        self.position = condition.where.position
        self.relations = relations
        self.at_least = condition.where.at_least

    cdef object settle(self, reading):
        cdef PyObject* known
        cdef list places = None
        if self.model is not None:
            known = PyDict_GetItem(reading.peaks, self.model)
            if known == NULL or <double><object>known <= self.above:
                return None
        if self.cues is None:
            places = list(self.condition.places(reading))
        else:
            hits = reading.hits
            for cue in self.cues:
                known = PyDict_GetItem(hits, cue)
                if known != NULL:
                    places = <list><object>known if places is None else places + <list><object>known
        if not places:
            return None
        if self.position is not None:
            allowed = self.condition.where.allowed(reading)
            places = [place for place in places if (<tuple>place)[0] in allowed]
        for relation in self.relations:
            if not places:
                return None
            places = (<_Relation>relation).keep(places, reading)
        return tuple(places) if len(places) >= self.at_least else None


cdef class _Relation:
    cdef object relation
    cdef _Node node
    cdef int kind
    cdef bint negative

    def __init__(self, relation, node):
        self.relation = relation
        self.node = node
        self.kind = _KINDS.get(relation.kind, OTHER)
        if self.kind != WITH and relation.within_turns is not None:
            self.kind = OTHER
        self.negative = relation.negative

    cdef list keep(self, list places, reading):
        cdef int64_t bound
        cdef list kept = []
        cdef tuple anchors = self.node.find(reading)
        if not anchors:
            return places if self.negative or anchors is not None else kept
        if self.kind == OTHER:
            return list(self.relation.keep(places, anchors, reading))
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


cdef inline int64_t _offset(place) except -1:
    """Where a place starts, as one number that grows with the conversation."""
    return (<int64_t>(<tuple>place)[0] << 40) + <int64_t>(<tuple>place)[1]
