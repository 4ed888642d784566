"""The reading copy: one character for one, and always a way back to the original."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import spoken
from reviewqa.language.view import evened, fold, view_of

ODD = (
    "aąŁéß ’'`“—…¿.!?>\n\r\t\x02\x0b\u00a0\u00ad\u0301\u0328\u200b\u200d\u200f\u202e\u2028\ufeff"
    "😀👩\u200d💻🏽\ufe0fשלוםمرحبا漢字ﬁ½²①"
)
texts = st.one_of(st.text(), st.text(alphabet=ODD), st.text(alphabet="on wrote:napisał dnia> \n\r.-_"))


@given(texts)
def test_every_character_leads_back_to_its_original(text: str) -> None:
    view = view_of(text)
    assert view.text.isascii()
    if view.offsets is None:
        assert len(view.text) == len(text)
    else:
        assert len(view.offsets) == len(view.text) + 1
        assert view.offsets[-1] == len(text)
        assert all(one < other for one, other in zip(view.offsets, view.offsets[1:], strict=False))
    last = 0
    for index, char in enumerate(view.text):
        start, end = view.span(index, index + 1)
        assert end == start + 1
        assert start >= last
        last = start
        if char.isalpha():
            assert fold(text[start]) == char


@given(texts)
def test_the_twin_in_c_evens_out_the_same(text: str) -> None:
    twin = pytest.importorskip("reviewqa.language._view", reason="installed without a C compiler")
    assert twin.evened(text) == evened(text)


def test_the_twin_in_c_knows_every_character() -> None:
    twin = pytest.importorskip("reviewqa.language._view", reason="installed without a C compiler")
    for char in map(chr, range(0x20000)):
        assert twin.evened(char) == evened(char)


@given(st.text(alphabet=st.characters(exclude_characters="\n")))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aąbcćdeęłńóśźżAĄĘŁÓŚŹŻ xyz"))
def test_case_and_composition_do_not_matter(text: str) -> None:
    plain = fold(text)
    assert fold(text.upper()) == plain
    assert fold(unicodedata.normalize("NFD", text)) == plain


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Zażółć GĘŚLĄ jaźń", "zazolc gesla jazn"),
        ("don’t", "don't"),
        ("donʼt", "don't"),
        ("don`t", "don't"),
        ("don´t", "don't"),
        ("„tak”", '"tak"'),
        ("a — b", "a - b"),
        ("prze\u00adpra\u200bszam", "przepraszam"),
        ("a\u00a0b", "a b"),
        ("Straße", "strase"),
        ("naïve café", "naive cafe"),
        ("１２", "12"),
    ],
)
def test_fold(written: str, plain: str) -> None:
    assert fold(written) == plain


def test_words_with_invisible_marks_lead_back_to_all_their_characters() -> None:
    text = "Bardzo prze\u00adpra\u00adszam 👩\u200d💻 te\u0328go"
    view = view_of(text)
    start = view.text.index("przepraszam")
    assert text[slice(*view.span(start, start + 11))] == "prze\u00adpra\u00adszam"
    start = view.text.index("tego")
    assert text[slice(*view.span(start, start + 4))] == "te\u0328go"


def test_other_scripts_are_words_that_no_cue_knows() -> None:
    assert spoken("ok שלום 漢字 👍") == ["ok", "____", "__"]


HEADERS = {
    "Gmail": "On Mon, Jan 6, 2025 at 10:00 AM Support <help@example.com> wrote:",
    "Gmail, wrapped": "On Mon, Jan 6, 2025 at 10:00 AM The Customer Support Team <help@example.com>\nwrote:",
    "Gmail, Polish": "pon., 6 sty 2025 o 10:00 Obsługa <pomoc@example.pl> napisał(a):",
    "Gmail, Polish, Wednesday": "śr., 8 sty 2025 o 10:00 Obsługa <pomoc@example.pl> napisał(a):",
    "Gmail, Polish, wrapped": "pon., 6 sty 2025 o 10:00 Zespół Obsługi Klienta <pomoc@example.pl>\nnapisał(a):",
    "Thunderbird": "On 06/01/2025 10:00, Support wrote:",
    "Thunderbird, Polish": "W dniu 6.01.2025 o 10:00, Obsługa pisze:",
    "Apple": "On 6 Jan 2025, at 10:00, Support <help@example.com> wrote:",
    "Apple, Polish": "Wiadomość napisana przez Obsługa <pomoc@example.pl> w dniu 6 sty 2025, o godz. 10:00:",
    "webmail, Polish": "Dnia 6 stycznia 2025 10:00 Obsługa <pomoc@example.pl> napisał(a):",
    "Outlook": "________________________________\nFrom: Support <help@example.com>\nSent: Monday\nTo: Me",
    "Outlook, Polish": "Od: Obsługa <pomoc@example.pl>\nWysłano: poniedziałek\nDo: Ja\nTemat: Zamówienie",
    "Outlook, old": "-----Original Message-----\nFrom: Support",
    "Outlook, old, Polish": "-----Oryginalna wiadomość-----\nOd: Obsługa",
    "forwarded": "---------- Forwarded message ---------\nFrom: Support",
    "forwarded, Polish": "---------- Wiadomość przekazana ---------\nOd: Obsługa",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_quoted_history_is_blanked(header: str, end: str) -> None:
    text = f"Thank you.\n\n{header}\n\nold words\n> older words".replace("\n", end)
    assert spoken(text) == ["thank", "you"]
    assert len(view_of(text).text) == len(text)


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_on_the_first_line_is_no_quotation(header: str) -> None:
    assert spoken(f"{header}\n\nnew words")[-2:] == ["new", "words"]


def test_lines_after_an_angle_bracket_are_blanked_and_the_others_kept() -> None:
    assert spoken("> where is it\nOn its way.\n>> old\n  > old\nIt is 5 > 4.") == [
        "on",
        "its",
        "way",
        "it",
        "is",
        "5",
        "4",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "We wrote: it is on its way.\nThat was Monday.",
        "Good news\nfrom: the depot, it left today\nBye",
        "We met on Monday and I wrote it down.\nThank you.",
        "W dniu dostawy zadzwonimy.\nDo zobaczenia.",
        "Od: rana czekam\nna kuriera.",
        "-- \nAnna, support",
    ],
)
def test_ordinary_lines_are_no_headers(text: str) -> None:
    assert spoken(text) == spoken(text.replace("\n", " "))


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "ą",
        "\n",
        ">",
        "> \n",
        "On a\n",
        "On a",
        "\nOn a ",
        "_",
        "-",
        ".",
        "\u0301",
        " \n",
        "From: a\n",
        "w dniu x",
        "\n-- ",
    ],
)
def test_a_megabyte_of_anything_is_read(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    view = view_of(text)
    copied = len(view.text) if view.offsets is None else view.offsets[-1]
    assert copied == len(text)
