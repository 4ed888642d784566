"""The little language of cue files: every construct of ``docs/writing-cues.md``, with a match and a near miss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import finder, said
from reviewqa.language.phrases import (
    LONGEST_GAP,
    LONGEST_PHRASE,
    MOST_GAPS,
    Choice,
    Edge,
    Gap,
    Number,
    Phrase,
    PhraseError,
    Sequence,
    Word,
    parse,
)
from reviewqa.language.tokens import Tokens, tokens_of

MATCHES = [
    ("words in a row", "en", "thank you", "Well thank you!", "thank you"),
    ("any form of a lemma", "pl", "przepraszać za", "Bardzo przepraszamy za to", "przepraszamy za"),
    ("any form of a lemma, English", "en", "check order", "I checked orders", "checked orders"),
    ("an inflected form is one form", "pl", "dziękuję", "dziekuje", "dziekuje"),
    ("a short lemma of the list", "pl", "być pewny", "jesteśmy pewni", "jesteśmy pewni"),
    ("a short lemma of the list, English", "en", "try again", "I tried again", "tried again"),
    ("this form only", "pl", "=zwrot", "zwrot", "zwrot"),
    ("a start of a word", "pl", "przesył*", "przesyłkami", "przesyłkami"),
    ("one of several", "en", "(red|blue sky) now", "blue sky now", "blue sky now"),
    ("brackets in brackets", "en", "(red|(dark|pale) blue) now", "pale blue now", "pale blue now"),
    ("an optional word, there", "en", "so really? sorry", "so really sorry", "so really sorry"),
    ("an optional word, missing", "en", "so really? sorry", "so sorry", "so sorry"),
    ("an optional first word", "en", "very? sorry", "sorry", "sorry"),
    ("an optional bracket", "en", "so (very|really)? sorry", "so sorry", "so sorry"),
    ("a gap, empty", "en", "sorry <2> delay", "sorry delay", "sorry delay"),
    ("a gap, full", "en", "sorry <2> delay", "sorry for the delay", "sorry for the delay"),
    ("a gap with a least", "en", "sorry <1-2> delay", "sorry about delay", "sorry about delay"),
    ("a gap then an optional word", "en", "sorry <2> really? delay", "sorry about delay", "sorry about delay"),
    ("a gap of odd words", "en", "sorry <2> delay", "sorry 'bout y'all's delay", "sorry 'bout y'all's delay"),
    ("a number", "en", "<number> days", "in 14 days", "14 days"),
    ("a number with a fraction", "en", "pay <number>", "paid 4.99", "paid 4.99"),
    ("a time", "en", "at <number>", "at 12:30", "at 12:30"),
    ("a list", "en", "{fruit} pie", "apples pie", "apples pie"),
    ("a list in a list", "en", "{dish}", "a ripe pear cake", "ripe pear cake"),
    ("an optional list", "en", "hot {fruit}? pie", "hot pie", "hot pie"),
    ("the start of the text", "en", "^ sorry", "Sorry, what?", "Sorry"),
    ("the start of a sentence", "en", "^ sorry", "What? Sorry!", "Sorry"),
    ("the end of a sentence", "en", "help $", "I need help. Now", "help"),
    ("the end of the text", "en", "help $", "I need help", "help"),
    ("a gap to the end", "en", "help <2> $", "I need help right now.", "help right now"),
    ("a question", "pl", "czy <6> działać <8> ?", "A czy to już działa u Pana?", "czy to już działa u Pana"),
    ("any question", "en", "?", "Fine. Is it so? Yes", "Is it so"),
    ("no diacritics in the text", "pl", "proszę zaczekać", "prosze zaczekac", "prosze zaczekac"),
    ("no diacritics in the phrase", "pl", "prosze zaczekac", "Proszę ZACZEKAĆ", "Proszę ZACZEKAĆ"),
    ("a curly apostrophe", "en", "don't know", "don’t know", "don’t know"),
    ("a missing apostrophe", "en", "don't know", "dont know", "dont know"),
    ("a backtick", "en", "don't know", "don`t know", "don`t know"),
    ("a contraction", "en", "i am sorry", "I'm sorry", "I'm sorry"),
    ("a contraction, written out", "en", "i am sorry", "i am sorry", "i am sorry"),
    ("a contraction in the first alternative", "en", "(do not|never) mind", "don't mind", "don't mind"),
    ("a contraction in the last alternative", "en", "(never|do not) mind", "don't mind", "don't mind"),
    ("a contraction in a list", "en", "{no} mind", "don't mind", "don't mind"),
    ("a pair after a pronoun", "en", "i have not received", "I haven't received", "I haven't received"),
    ("a pair after a pronoun, future", "en", "i will not help", "I won't help", "I won't help"),
    ("a pair after a pronoun, state", "en", "it is not working", "it isn't working", "it isn't working"),
    ("a hyphen for a hyphen", "en", "e-mail sent", "e-mail sent", "e-mail sent"),
    ("a hyphen missing", "en", "e-mail sent", "email sent", "email sent"),
    ("a space for a hyphen", "en", "e-mail sent", "e mail sent", "e mail sent"),
    ("commas between words", "en", "thank you sir", "thank you, sir", "thank you, sir"),
    ("dashes between words", "en", "thank you sir", "thank you - sir", "thank you - sir"),
    ("a line break between words", "en", "thank you sir", "thank you\nsir", "thank you\nsir"),
    ("dots of a pause", "en", "thank you sir", "thank you... sir", "thank you... sir"),
    ("a soft hyphen in a word", "pl", "przepraszać", "prze\u00adpraszam", "prze\u00adpraszam"),
]  # fmt: skip

MISSES = [
    ("another order", "en", "thank you", "you thank"),
    ("a longer word", "en", "thank you", "thank youth"),
    ("part of a word", "en", "art", "party"),
    ("before an apostrophe", "en", "sorry man", "sorry man's"),
    ("another lemma", "pl", "przepraszać za", "przeprosiny za"),
    ("another form of a form", "pl", "dziękuję", "dziękujemy"),
    ("another form than this only", "pl", "=zwrot", "zwrotu"),
    ("another start", "pl", "przesył*", "przesłany"),
    ("none of several", "en", "(red|blue sky) now", "blue now"),
    ("the optional word alone", "en", "so really? sorry", "really sorry"),
    ("a gap too long", "en", "sorry <2> delay", "sorry for the long delay"),
    ("a gap too short", "en", "sorry <1-2> delay", "sorry delay"),
    ("a gap over a full stop", "en", "sorry <2> delay", "sorry. The delay"),
    ("a number in words", "en", "<number> days", "fourteen days"),
    ("a number in a word", "en", "<number> days", "abc12 days"),
    ("not of the list", "en", "{fruit} pie", "pear pie"),
    ("no start of a sentence", "en", "^ sorry", "so sorry"),
    ("no start of a sentence in a bracket", "en", "(^ yes|sure) please", "oh yes please"),
    ("no end of a sentence", "en", "help $", "help me"),
    ("no question", "pl", "czy <6> działać <8> ?", "Czy to działa."),
    ("a question later on", "en", "really ?", "Really. Is it?"),
    ("no question at all", "en", "?", "It is so."),
    ("over a full stop", "en", "thank you sir", "Thank you. Sir!"),
    ("over a question mark", "en", "thank you sir", "thank you? sir"),
    ("over an empty line", "en", "thank you sir", "thank you\n\nsir"),
    ("over an empty line of windows", "en", "thank you sir", "thank you\r\n\r\nsir"),
    ("quoted history", "en", "thank you", "Hi\n> thank you"),
]


LISTS = {
    "fruit": ["apple", "ripe pear"],
    "dish": ["{fruit} cake"],
    "no": ["do not", "never"],
    "one": ["a {two}"],
    "two": ["b {one}"],
    "broken": ["(a"],
}


@pytest.mark.parametrize(("language", "phrase", "text", "words"), [m[1:] for m in MATCHES], ids=[m[0] for m in MATCHES])
def test_match(language: str, phrase: str, text: str, words: str) -> None:
    assert said(language, phrase, text, **LISTS) == [words]


@pytest.mark.parametrize(("language", "phrase", "text"), [m[1:] for m in MISSES], ids=[m[0] for m in MISSES])
def test_near_miss(language: str, phrase: str, text: str) -> None:
    assert said(language, phrase, text, **LISTS) == []


REFUSED = [
    ("nothing", "", "has no word that tells where to look"),
    ("only a gap", "<2>", "a gap stands between words"),
    ("a gap first", "<2> sorry", "a gap stands between words, not at the start or the end"),
    ("a gap last", "sorry <2>", "a gap stands between words, not at the start or the end"),
    ("a gap first in a bracket", "so (<2> sorry|bad)", "a gap stands between words"),
    ("a gap too long", "sorry <9> delay", "a gap has 1 to 8 words"),
    ("a gap of nothing", "sorry <0> delay", "a gap has 1 to 8 words"),
    ("a gap turned round", "sorry <4-1> delay", "a gap has 1 to 8 words"),
    ("too many gaps", "a <1> " * (MOST_GAPS + 1) + "sorry", f"more than {MOST_GAPS} gaps"),
    # defect: gaps in brackets are not counted
    ("too many gaps in brackets", "sorry" + " (a <1> b)" * (MOST_GAPS + 1), f"more than {MOST_GAPS} gaps"),
    ("no number of words", "sorry <x> delay", "cannot read '<x> delay'"),
    ("an unknown list", "{veg} pie", "{veg} in '{veg} pie' is not in _words.yaml; known: broken, dish"),
    ("a name in capitals", "{Fruit} pie", "cannot read '{Fruit} pie'"),
    ("lists in a circle", "{one} pie", "lists name each other in a circle"),
    ("a broken list", "{broken} pie", "a bracket is not closed"),
    ("an unclosed bracket", "(red|blue", "a bracket is not closed in '(red|blue'"),
    ("a bracket too many", "red) blue", "unexpected ') blue'"),
    ("alternatives without a bracket", "red|blue", "unexpected '|blue'"),
    ("an empty alternative", "(red|) sky", "an alternative is empty"),
    ("empty brackets", "() sky", "an alternative is empty"),
    ("only optional words", "(red|blue)? (sky)?", "has no word that tells where to look"),
    ("only a number", "<number>", "has no word that tells where to look"),
    ("only edges", "^ $", "has no word that tells where to look"),
    ("a short start", "pr*", "at least three letters have to stand before *"),
    ("a star alone", "*", "cannot read '*'"),
    ("a mark for a word", "so - sorry", "'-' is no word"),
    ("a start of a sentence within", "tell ^ me", "^"),  # defect: read, though it can match nothing
    ("an end of a sentence within", "tell $ me", "$"),  # defect: read, though it can match nothing
    (
        "over a full stop",
        "please hold. thank you",
        "a phrase never reaches over the end of a sentence (hold.); split it",
    ),
    ("over an exclamation mark", "stop! (now|here)", "a phrase never reaches over the end of a sentence (stop!)"),
    ("too long", "word " * 400, f"at most {LONGEST_PHRASE} are allowed"),
    ("too deep", "(" * 9 + "red" + ")" * 9, "nests more than 6 brackets"),
]


@pytest.mark.parametrize(("phrase", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused(phrase: str, message: str) -> None:
    with pytest.raises(PhraseError) as error:
        parse("en", phrase, LISTS)
    assert message in str(error.value)


@pytest.mark.parametrize("phrase", ["mr. smith", "no. <number>", "hold... please", "(hold.|wait)", "4.99 a month"])
def test_a_stop_that_ends_no_sentence_is_read(phrase: str) -> None:
    parse("en", phrase)


PIECES = [
    "sorry", "delay", "=delay", "del*", "so?", "(", ")", ")?", "|", "<2>", "<1-3>", "<number>", "{fruit}", "{one}",
    "^", "$", "?", "*", "i am", "do not", "e-mail", "don't", "'", "=", "<", "{", "zażółć", "\u0301", "1",
]  # fmt: skip
phrases = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), st.text(max_size=30))


@given(phrases, st.sampled_from(["pl", "en"]))
def test_any_phrase_is_read_or_refused_and_can_be_looked_for(phrase: str, language: str) -> None:
    try:
        parse(language, phrase, LISTS)
    except PhraseError:
        return
    text = "So sorry for the delay? I'm e-mailing, don't. Zażółć 1 ripe pear"
    for words in said(language, phrase, text, **LISTS):
        assert words in text


# ---------------------------------------------------------------------------------------------------------------------
# The finder tries few phrases at few places. Here every phrase is tried at every place, plainly.


def ends(items: Sequence, at: int, tokens: Tokens, first: int, last: int) -> set[int]:
    """Where a sequence that starts at a word can end, within the sentence of words first..last."""
    if not items:
        return {at}
    item, rest = items[0], items[1:]
    word = tokens.words[at].strip("'") if at <= last else None
    if isinstance(item, Word):
        fits = word is not None and (word in item.choices or any(word.startswith(start) for start in item.prefixes))
        return ends(rest, at + 1, tokens, first, last) if fits else set()
    if isinstance(item, Gap):
        steps = range(item.least, item.most + 1)
        return {e for step in steps if at + step <= last + 1 for e in ends(rest, at + step, tokens, first, last)}
    if isinstance(item, Choice):
        found = {e for each in item.sequences for e in ends((*each, *rest), at, tokens, first, last)}
        return found | (ends(rest, at, tokens, first, last) if item.optional else set())
    if isinstance(item, Edge):
        holds = {"^": at == first, "$": at > last, "?": at > last and "?" in tokens.marks[last]}[item.mark]
        return ends(rest, at, tokens, first, last) if holds else set()
    assert isinstance(item, Number)
    if word is None or not word.isdigit():
        return set()
    at += 1
    while at <= last and tokens.words[at].strip("'").isdigit() and tokens.marks[at - 1] in {".", ",", ":", " "}:
        at += 1
    return ends(rest, at, tokens, first, last)


def first_match(phrase: Phrase, tokens: Tokens) -> int | None:
    """The offset of the first match of a phrase, found without any short cut."""
    for first, after in tokens.sentence_bounds():
        for at in range(first, after):
            if any(end > at for end in ends(phrase.items, at, tokens, first, after - 1)):
                return tokens.starts[at]
    return None


SOME = [
    "sorry", "so? sorry", "sorry <2> delay", "(so sorry|delay) now", "del*", "=delays now", "<number> days", "^ so",
    "now $",
    "so <3> now ?", "(so|^ now) sorry", "{fruit} now", "i am sorry", "e-mail now", "(e-mail*|del*) so?  now",
    "sorry (<number>|so)? now", "(so|now|(sorry <2> days)) delay", "do not now", "(so)? (now)? delay", "so (now|?)",
]  # fmt: skip
WORDS = ["sorry", "so", "delay", "delays", "delayed", "now", "days", "3", "4", "apple", "ripe", "pear", "i", "i'm",
         "im", "am", "e", "mail", "email", "e-mail", "don't", "dont", "do", "not", "'now'", "x"]  # fmt: skip
texts = st.lists(
    st.tuples(st.sampled_from(WORDS), st.sampled_from([" ", " ", " ", ", ", ". ", "? ", "\n\n", "-", "."]))
).map(lambda pairs: "".join(word + mark for word, mark in pairs))


@given(texts, st.sampled_from(SOME))
def test_no_short_cut_of_the_finder_loses_or_invents_a_match(text: str, source: str) -> None:
    tokens = tokens_of(text)
    hits = finder("en", source, ignore_negation=True, **LISTS).find(tokens)
    assert (hits[0].start if hits else None) == first_match(parse("en", source, LISTS), tokens)


@given(texts)
def test_many_phrases_find_what_each_finds_alone(text: str) -> None:
    from reviewqa.language.finder import CueWords, Finder

    tokens = tokens_of(text)
    cues = [CueWords(f"agent/{n}", (parse("en", source, LISTS),), negatable=False) for n, source in enumerate(SOME)]
    alone = sorted(hit for cue in cues for hit in Finder("en", [cue]).find(tokens))
    assert Finder("en", cues).find(tokens) == alone


@given(st.text(alphabet="so sorry now. ?\n'’-,1\u00ad\u0301ąĄ😀", max_size=80), st.sampled_from(SOME))
def test_matches_lie_inside_the_text(text: str, source: str) -> None:
    tokens = tokens_of(text)
    for hit in finder("en", source, **LISTS).find(tokens):
        assert 0 <= hit.start < hit.end <= len(tokens.view.text)
        start, end = tokens.view.span(hit.start, hit.end)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("phrase", "start", "piece", "times"),
    [
        ("sorry <8> for <8> the <8> delay", "delay", " sorry for the", 20_000),
        ("<number> days ago", "days ago", " 1", 200_000),
        ("<number> days ago", "days ago ", "1", 500_000),
        ("sorry <8> delay", "delay sorry ", "'", 500_000),
        ("so <8> now ?", "", "so now ", 70_000),
        ("so? " * 30 + "sorry", "sorry", " so", 40),
        ("so <8> " * MOST_GAPS + "sorry", "sorry", " so", 5_000),
        ("(so|so so|so so so)? " * 12 + "sorry", "sorry", " so", 40),
    ],
    ids=[
        "gaps",
        "numbers",
        "digits",
        "apostrophes",
        "no question",
        "optional words",
        "as many gaps as may be",
        "optional brackets",
    ],
)
def test_no_text_makes_a_search_explode(phrase: str, start: str, piece: str, times: int) -> None:
    try:
        where = finder("en", phrase)
    except PhraseError:  # refusing such a phrase is as good
        return
    hits = where.find(tokens_of(start + piece * times))
    assert [hit.end for hit in hits] in ([], [5])


def test_a_gap_is_bounded() -> None:
    assert said("en", f"so <{LONGEST_GAP}> now", "so " + "x " * LONGEST_GAP + "now")
    assert not said("en", f"so <{LONGEST_GAP}> now", "so " + "x " * (LONGEST_GAP + 1) + "now")
