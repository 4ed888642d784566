# cython: language_level=3, boundscheck=False, wraparound=False
"""``polarity`` in C: what ``mood.polarity`` does, several times faster, number for number. A test holds the two together."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.object cimport PyObject


def polarity(seen, turning, Py_ssize_t reach, bint across, list words, list marks):
    """See ``mood.polarity``."""
    cdef list found = []
    cdef double intensity = 1.0, one, strength, most
    cdef bint stronger = False, adverb = False, turned = False
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
                found.pop()
            turned = negation > 0 or (stronger and turned)
            found.append(one * -0.5 if turned else one)
            intensity = 1 / strength if negation and strength else strength
            stronger = entry.strengthens
            adverb = (<str>word).endswith("ly")
            negation = reach + 1 if word in <frozenset>turning else 0
        elif stronger and adverb and word in <frozenset>turning:
            if not turned:
                found[len(found) - 1] = <double>found[len(found) - 1] * -0.5
            turned = True
        else:
            stronger = stronger and len(<str>word) <= 2
            if word in <frozenset>turning:
                negation = reach + 1
            elif negation and len(<str>word) > 1:
                negation -= 1
        if negation and not across and <str>marks[at] != " ":
            negation = 0
        if found and "!" in <str>marks[at]:
            most = 0.5 if turned else 1.0
            found[len(found) - 1] = max(-most, min(most, <double>found[len(found) - 1] * 1.25))
    return sum(found) / len(found) if found else None
