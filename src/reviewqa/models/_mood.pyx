# cython: language_level=3, boundscheck=False, wraparound=False
"""``polarity`` in C: what ``mood.polarity`` does, several times faster, number for number. A test holds the two together."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject


def polarity(seen, turning, Py_ssize_t reach, list words, list marks):
    """See ``mood.polarity``."""
    cdef list found = []
    cdef double intensity = 1.0, one, strength
    cdef bint stronger = False
    cdef Py_ssize_t negation = 0, at
    cdef PyObject* known
    for at in range(len(words)):
        word = <str>words[at]
        known = PyDict_GetItemWithError(seen, word)
        entry = <object>known if known != NULL else seen[word]
        if entry is not None:
            one, strength = entry.polarity, entry.intensity
            if stronger:
                one = max(-1.0, min(1.0, one * intensity))
                if found:
                    found.pop()
            found.append(one * -0.5 if negation else one)
            intensity = 1 / strength if negation and strength else strength
            stronger = entry.strengthens
            negation = 0
        elif stronger and len(<str>word) > 2:
            stronger = False
        if word in <frozenset>turning:
            negation = reach + 1
        elif negation and entry is None and len(<str>word) > 1:
            negation -= 1
        if found and "!" in <str>marks[at]:
            found[len(found) - 1] = max(-1.0, min(1.0, <double>found[len(found) - 1] * 1.25))
    return sum(found) / len(found) if found else None
