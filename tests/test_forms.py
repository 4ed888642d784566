"""The forms of a word."""

from __future__ import annotations

from importlib.resources import files

import pytest

from reviewqa.language.forms import forms, pack


@pytest.mark.parametrize(
    ("language", "lemma", "some", "none"),
    [
        ("pl", "przepraszać", {"przepraszac", "przepraszam", "przepraszamy", "przepraszal"}, {"przeprosiny"}),
        ("pl", "zwrot", {"zwrot", "zwrotu", "zwroty", "zwrotow"}, {"zwrotny"}),
        ("pl", "dziękować", {"dziekuje", "dziekujemy"}, {"podziekowac"}),
        ("pl", "reklamacja", {"reklamacja", "reklamacji", "reklamacje"}, {"reklama"}),
        ("en", "apologise", {"apologise", "apologised", "apologising"}, {"apology"}),
        ("en", "check", {"check", "checks", "checked", "checking"}, {"checkout"}),
        ("en", "send", {"send", "sent", "sending"}, {"sender"}),
    ],
)
def test_a_lemma_stands_for_its_forms(language: str, lemma: str, some: set[str], none: set[str]) -> None:
    assert some <= forms(language, lemma)
    assert not none & forms(language, lemma)


@pytest.mark.parametrize(
    ("language", "form"), [("pl", "dziękuję"), ("pl", "zwrotów"), ("en", "apologised"), ("en", "parcels")]
)
def test_an_inflected_form_stands_for_itself(language: str, form: str) -> None:
    assert len(forms(language, form)) == 1


@pytest.mark.parametrize(
    ("language", "lemma", "some"),
    [
        ("pl", "być", {"jest", "byl", "beda"}),
        ("pl", "mieć", {"ma", "mamy"}),
        ("pl", "móc", {"moze", "mogliby"}),
        ("pl", "pan", {"pana", "panu"}),
        ("pl", "państwo", {"panstwa", "panstwu"}),
        ("en", "be", {"is", "were"}),
        ("en", "do", {"did", "done"}),
        ("en", "pay", {"paid"}),
        ("en", "try", {"tried"}),
    ],
)
def test_irregular_and_short_verbs(language: str, lemma: str, some: set[str]) -> None:
    assert some <= forms(language, lemma)


@pytest.mark.parametrize(
    ("language", "word"), [("pl", "za"), ("en", "of"), ("pl", "xyzzyq"), ("en", "xyzzyq"), ("en", "24/7")]
)
def test_short_and_unknown_words_stand_for_themselves(language: str, word: str) -> None:
    assert forms(language, word) == {word}


def test_case_and_diacritics_do_not_matter() -> None:
    assert forms("pl", "PRZEPRASZAĆ") == forms("pl", "przepraszac") == forms("pl", "przepraszać")


@pytest.mark.parametrize("language", ["pl", "en"])
def test_every_packed_lemma_is_found(language: str) -> None:
    import gzip

    text = gzip.decompress((files("reviewqa.language") / "data" / f"forms.{language}.gz").read_bytes()).decode("ascii")
    lemmas = [line.split(" ")[0] for line in text.split("\n=\n", 1)[1].splitlines()]
    assert len(lemmas) > 1000
    sample = [lemmas[0], lemmas[-1], *lemmas[:: len(lemmas) // 500]]
    assert [lemma for lemma in sample if lemma not in forms(language, lemma)] == []
    assert sum(len(forms(language, lemma)) > 1 for lemma in sample) > len(sample) / 2


def test_the_packed_files_are_what_simplemma_gives() -> None:
    for language in ("en", "pl"):
        packed = (files("reviewqa.language") / "data" / f"forms.{language}.gz").read_bytes()
        assert pack(language) == packed, f"forms.{language}.gz: run python -m reviewqa.language.forms"
