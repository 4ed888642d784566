"""Readers: what comes in is what was written; what cannot be read is said, and takes nothing else with it."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewqa.conversation import Conversation, Turn
from reviewqa.errors import InputError
from reviewqa.readers import FORMATS, native, read

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
GOOD = '{"id": "g", "turns": [{"role": "agent", "text": "Dzień dobry"}]}'


class Seen:
    """What one reading gave."""

    def __init__(self, *paths: Path | str, **options: Any) -> None:
        self.faults: list[str] = []
        self.notices: list[str] = []
        self.conversations = list(
            read(
                *paths,
                on_fault=lambda fault: self.faults.append(str(fault)),
                on_notice=self.notices.append,
                **options,
            )
        )

    @property
    def ids(self) -> list[str]:
        return [conversation.id for conversation in self.conversations]

    @property
    def turns(self) -> tuple[Turn, ...]:
        assert not self.faults
        (conversation,) = self.conversations
        return conversation.turns

    @property
    def fault(self) -> str:
        (fault,) = self.faults
        return fault


@pytest.fixture
def put(tmp_path: Path) -> Any:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def shape(turns: tuple[Turn, ...]) -> list[tuple[str, str | None, str]]:
    return [(turn.role, turn.speaker, turn.text) for turn in turns]


# --- native -----------------------------------------------------------------------------------------------------------

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    times = draw(st.one_of(st.none(), st.datetimes(timezones=zones), st.datetimes()))
    turns = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.one_of(st.none(), st.floats(0, 1e6)))
        turns.append(
            Turn(
                role=draw(st.sampled_from(["agent", "customer", "bot", "system", "note"])),
                text=draw(words),
                speaker=draw(st.one_of(st.none(), words)),
                time=times,
                start_s=start,
                end_s=None if start is None else start + draw(st.floats(0, 100)),
                ai=draw(st.booleans()),
            )
        )
    return Conversation(
        id=draw(words.filter(bool)),
        turns=tuple(turns),
        channel=draw(st.sampled_from([None, "chat", "email", "phone", "ticket", "social"])),
        language=draw(st.sampled_from([None, "pl", "en-GB", "de"])),
        meta=draw(st.dictionaries(words, st.one_of(st.none(), st.integers(), words, st.lists(words)), max_size=3)),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(conversations(), min_size=1, max_size=4), st.booleans())
def test_native_round_trip(written: list[Conversation], escaped: bool) -> None:
    lines = [json.dumps(item.model_dump(mode="json"), ensure_ascii=escaped) for item in written]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        assert list(read(path)) == written
        document = Path(folder, "a.json")
        document.write_text(f"[{','.join(lines)}]", encoding="utf-8", newline="")
        assert list(read(document)) == written
        document.write_text(f'{{"conversations": [{",".join(lines)}]}}', encoding="utf-8", newline="")
        assert list(read(document)) == written
        document.write_text(lines[0], encoding="utf-8", newline="")
        assert list(read(document)) == written[:1]


DATED = '{"role": "agent", "text": "a", "time": "2026-03-05T10:00Z"}'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "x", "turns": [{"role": "agent", "text": "a"}, {"role": "agnet", "text": "b"}]}',
         "turns[1].role: 'agnet' is not one of agent, customer, bot, system, note"),
        ('{"id": "x", "turns": [{"role": "klient", "text": "b"}]}', "turns[0].role: 'klient' is not one of"),
        ('{"id": "x", "turns": [{"role": "agent"}]}', "turns[0].text: is missing"),
        ('{"id": "x", "turns": [{"role": "agent", "text": 5}]}', "turns[0].text: has to be a string (here: 5)"),
        ('{"id": "x", "turns": ["hi"]}', "turns[0]: a turn is an object"),
        ('{"id": "x", "turns": "hi"}', "turns: has to be a list (here: 'hi')"),
        ('{"id": "x"}', "turns: is missing"),
        ('{"turns": []}', "id: is missing"),
        ('{"id": null, "turns": []}', "id: is missing"),
        ('{"id": "", "turns": []}', "id: is empty"),
        ('{"id": true, "turns": []}', "id: has to be a string (here: True)"),
        ('{"id": "x", "turns": [], "channel": "voice"}', "channel: 'voice' is not one of chat, email, phone"),
        ('{"id": "x", "turns": [], "language": "Polish!"}', "language: is not a language tag such as pl"),
        ('{"id": "x", "id": "y", "turns": []}', "the key 'id' stands twice in one object"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "start_s": NaN}]}', "NaN is not a JSON value"),
        ('{"id": "x", "turns": [], "meta": {"n": 1e999}}', "the number 1e999 is too large"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "start_s": -1}]}', "start_s: cannot be below 0"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "start_s": "1"}]}', "has to be a number of sec"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "start_s": %s}]}' % ("9" * 400), "is no number of sec"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "start_s": 5, "end_s": 2}]}', "is before start_s 5"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "time": "2026-03-05"}]}', "time: '2026-03-05' is not"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "time": 1772700000}]}', "1772700000 is not an ISO"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "a", "time": "2026-02-31T10:00"}]}', "is not an ISO 8601"),
        (f'{{"id": "x", "turns": [{DATED}, {DATED.replace("Z", "")}]}}', "give all of them a zone or none"),
        ('{"id": "x", "turns": [{"role": "agent", "text": "\\ud83d"}]}', "half of a surrogate pair"),
        ('{"id": "x", "turns": [], "meta": {"k": "\\uDC00"}}', "half of a surrogate pair"),
        ('{"id": "x", "turns": [', "not valid JSON"),
        ('["x"]', "a conversation is an object with id and turns (here: ['x'])"),
        ("17", "a conversation is an object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"id": "x", "turns": [], "meta": {"k": %s}}' % ("[" * 60 + "]" * 60), "meta: is nested more than 50 deep"),
        ("9" * 5000, "integer string conversion"),
        ("{", "for one JSON document over many lines use format='json'"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_loses_no_other(put: Any, line: str, said: str) -> None:
    path = put("archive.jsonl", f"{GOOD}\n\n{line}\n{GOOD}\n")
    seen = Seen(path)
    assert seen.ids == ["g", "g"]
    assert seen.fault.startswith(f"{path}:3: ")
    assert said in seen.fault
    with pytest.raises(InputError) as raised:
        list(read(path))
    assert str(raised.value) == seen.fault


def test_conversations_before_the_first_bad_line_come_even_if_it_raises(put: Any) -> None:
    reading = read(put("a.jsonl", f"{GOOD}\nbroken\n"))
    assert next(reading).id == "g"
    with pytest.raises(InputError):
        next(reading)


def test_a_record_with_many_faults_is_one_fault(put: Any) -> None:
    turns = [{"role": "x", "text": "t"}] * 10
    seen = Seen(put("a.jsonl", json.dumps({"id": "x", "turns": turns})))
    assert "turns[2].role" in seen.fault
    assert seen.fault.endswith("; and 7 more")


def test_native_numbers_and_nulls(put: Any) -> None:
    turn = {"role": "agent", "speaker": 7, "text": "", "time": None, "ai": None}
    seen = Seen(put("a.jsonl", json.dumps({"id": 17, "channel": None, "turns": [turn], "meta": None})))
    assert seen.conversations == [Conversation(id="17", turns=(Turn(role="agent", speaker="7", text=""),))]


def test_unknown_keys_are_told_once_and_never_get_in(put: Any) -> None:
    line = {"id": "1", "labels": {"act": "met"}, "turns": [{"role": "agent", "text": "a", "mood": 1}] * 3}
    path = put("a.jsonl", "\n".join([json.dumps(line)] * 2))
    seen = Seen(path)
    assert seen.notices == [f"{path}: keys that the model lacks were set aside: labels (2), turns[].mood (6)"]
    assert seen.faults == []
    assert seen.conversations[0] == Conversation(id="1", turns=(Turn(role="agent", text="a"),) * 3)
    document = put("a.json", json.dumps({"version": 2, "conversations": [line]}))
    assert Seen(document).notices == [
        f"{document}: keys that the model lacks were set aside: version (1), labels (1), turns[].mood (3)"
    ]


def test_a_document_names_the_conversation(put: Any) -> None:
    bad = {"id": "b", "turns": [{"role": "nobody", "text": ""}]}
    path = put("a.json", json.dumps({"conversations": [json.loads(GOOD), bad, json.loads(GOOD)]}))
    seen = Seen(path)
    assert seen.ids == ["g", "g"]
    assert seen.fault.startswith(f"{path}: conversations[1]: turns[0].role: 'nobody'")
    broken = put("b.json", '{\n"id": 1,\n"turns": [}\n')
    assert Seen(broken).fault.startswith(f"{broken}:3: not valid JSON")
    assert Seen(put("c.json", '{"conversations": 3}')).fault.endswith("conversations: has to be a list (here: 3)")
    assert Seen(put("d.json", "[]")).conversations == Seen(put("e.json", '{"conversations": []}')).conversations == []


def test_lines_in_a_json_file_are_seen(put: Any) -> None:
    assert Seen(put("a.json", f"{GOOD}\n{GOOD}\n")).ids == ["g", "g"]


def test_a_line_separator_inside_a_string_ends_no_line(put: Any) -> None:
    text = "a\u2028b\u0085c\x0b"
    line = json.dumps({"id": "1", "turns": [{"role": "agent", "text": text}]}, ensure_ascii=False)
    assert Seen(put("a.jsonl", line + "\r\n")).turns[0].text == text


def test_a_line_that_is_too_long(put: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "LARGEST_LINE", 100)
    exact = GOOD + " " * (100 - len(GOOD))
    path = put("a.jsonl", f"{exact}\n{GOOD}{' ' * 500}\n{GOOD}\n" + "x" * 101)
    seen = Seen(path)
    assert seen.ids == ["g", "g"]
    assert [fault.split(": ")[0] for fault in seen.faults] == [f"{path}:2", f"{path}:4"]
    assert "more than 100 characters" in seen.faults[0]


def test_100_000_turns_and_a_turn_of_10_mb(put: Any) -> None:
    many = [{"role": ("agent", "customer")[number % 2], "text": f"{number}"} for number in range(100_000)]
    large = "ż" * 10_000_000
    lines = [json.dumps({"id": "many", "turns": many})]
    lines.append(json.dumps({"id": "large", "turns": [{"role": "agent", "text": large}]}, ensure_ascii=False))
    first, second = Seen(put("a.jsonl", "\n".join(lines))).conversations
    assert len(first.turns) == 100_000
    assert first.turns[99_999].text == "99999"
    assert second.turns[0].text == large
    log = "".join(f"{turn['role']}: {turn['text']}\n" for turn in many) + f"agent: {large}\n"
    turns = Seen(put("a.txt", log)).turns
    assert (len(turns), turns[77].text, turns[-1].text) == (100_001, "77", large)
    rows = "".join(f'c,{turn["role"]},"{turn["text"]}"\n' for turn in many)
    turns = Seen(put("a.csv", f"conversation_id,role,text\n{rows}c,agent,{large}\n")).turns
    assert (len(turns), turns[77].text, turns[-1].text) == (100_001, "77", large)


def test_an_archive_is_read_as_it_is_asked_for(put: Any) -> None:
    path = put("a.jsonl", f"{GOOD}\n" * 50)
    later = path.with_name("missing.jsonl")
    assert [item.id for item in islice(read(path, later), 50)] == ["g"] * 50


@pytest.mark.parametrize(
    "text", ["🙂👩‍👩‍👧", "שלום, מה שלומך؟", "\x00\x07\x1b[31m\x7f", "a\ttab", "\u202eabc\u200f", "e\u0301"]
)
@pytest.mark.parametrize("kind", FORMATS)
def test_any_character_stays(put: Any, text: str, kind: str) -> None:
    line = json.dumps({"id": "1", "turns": [{"role": "agent", "text": text}]}, ensure_ascii="\x00" in text)
    content = {
        "jsonl": line,
        "json": line,
        "text": f"Agent: {text}",
        "csv": f'conversation_id,role,text\n1,agent,"{text}"',
    }[kind]
    assert Seen(put("file", content), format=kind).turns[0].text == text


# --- files and encodings ----------------------------------------------------------------------------------------------

POLISH = "Zażółć gęślą jaźń, ŚĆĄ — „dobrze”"
IN_FORMAT = {
    "jsonl": json.dumps({"id": "1", "turns": [{"role": "agent", "text": POLISH}]}, ensure_ascii=False),
    "text": f"Agent: {POLISH}",
    "csv": f"conversation_id;role;text\n1;agent;{POLISH}",
}
IN_FORMAT["json"] = IN_FORMAT["jsonl"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "utf-32"])
def test_encodings_are_told_from_the_file(put: Any, kind: str, encoding: str) -> None:
    seen = Seen(put("file", IN_FORMAT[kind].encode(encoding)), format=kind)
    assert seen.turns[0].text == POLISH
    assert bool(seen.notices) == (encoding == "cp1250")


def test_utf_16_big_endian_with_its_mark(put: Any) -> None:
    content = b"\xfe\xff" + IN_FORMAT["jsonl"].encode("utf-16-be") + "\n".encode("utf-16-be")
    assert Seen(put("a.jsonl", content * 1)).turns[0].text == POLISH


@pytest.mark.parametrize("encoding", ["iso-8859-2", "utf-16-le", "cp852", "utf-8"])
def test_a_declared_encoding_wins(put: Any, encoding: str) -> None:
    text = "Zażółć gęślą jaźń"
    seen = Seen(put("a.txt", f"Agent: {text}".encode(encoding)), encoding=encoding)
    assert seen.turns[0].text == text
    assert seen.notices == []


def test_a_declared_encoding_that_is_wrong_is_not_replaced(put: Any) -> None:
    path = put("a.txt", "Agent: Zażółć".encode("cp1250"))
    assert Seen(path, encoding="utf-8").fault.startswith(f"{path}: not UTF-8 (byte 9); save the file as UTF-8")
    assert Seen(path, encoding="ascii").fault.startswith(f"{path}: not ascii (byte 9)")


def test_a_mark_does_not_hide_the_first_label_or_column(put: Any) -> None:
    assert Seen(put("a.txt", "\ufeffAgent: hi")).turns[0].text == "hi"
    assert Seen(put("a.csv", "\ufeffconversation_id,role,text\n1,agent,hi"), encoding="utf-8").turns[0].text == "hi"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Agent: a\x81b", "neither UTF-8 (byte 8) nor cp1250; save the file as UTF-8, or name its encoding"),
        (b"Agent: \xb3\x00", "neither UTF-8 (byte 7) nor cp1250"),
        (
            "Agent: proszę się zgłosić w ciągu dnia".encode("iso-8859-2"),
            "not UTF-8 (byte 12) and looks like ISO-8859-2",
        ),
        ("Agent: hi".encode("utf-16-le"), "looks like UTF-16 without its mark"),
        ("Agent: źródło żółte ".encode() + b"\xff" + " łąka".encode(), "not UTF-8 (byte 26)"),
        (b"\xff\xfeA", "not utf-16 (byte 2)"),
        (b"", "is empty"),
        (b" \n\r\n", "is empty"),
    ],
)
def test_what_cannot_be_decoded_is_a_fault(put: Any, content: bytes, said: str) -> None:
    path = put("a.txt", content)
    assert Seen(path).fault.startswith(f"{path}: {said}")


def test_the_byte_of_a_fault_is_right_beyond_the_first_megabyte(put: Any) -> None:
    before = "Agent: " + "ż" * 700_000
    path = put("a.txt", before.encode() + b"\xff")
    assert f"not UTF-8 (byte {len(before.encode())})" in Seen(path).fault


def test_a_damaged_line_of_utf_8_loses_no_other(put: Any) -> None:
    before = len(GOOD.partition("ń")[0].encode())
    path = put("a.jsonl", f"{GOOD}\n".encode() * 3 + GOOD.encode().replace(b"\xc5\x84", b"\xc5") + f"\n{GOOD}".encode())
    seen = Seen(path)
    assert seen.ids == ["g"] * 4
    assert seen.fault.startswith(f"{path}:4: not UTF-8 (byte {before} of the line)")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.txt", "a.xyz"])
@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_fault(put: Any, name: str, content: bytes) -> None:
    path = put(name, content)
    assert Seen(path).fault == f"{path}: is empty"


def test_files_that_are_none(put: Any, tmp_path: Path) -> None:
    good = put("good.jsonl", GOOD)
    missing, unknown = tmp_path / "missing.jsonl", put("a.docx", "PK")
    seen = Seen(missing, tmp_path, unknown, "a\0b.txt", str(good))
    assert seen.ids == ["g"]
    assert seen.faults[0] == f"{missing}: there is no such file"
    assert seen.faults[1] == f"{tmp_path}: is a directory; give the files in it"
    assert "the format of .docx is not known; give it one of .jsonl, .ndjson, .json, .csv" in seen.faults[2]
    assert len(seen.faults) == 4
    with pytest.raises(InputError, match="there is no such file"):
        list(read(missing))


def test_the_content_tells_json_without_an_extension(put: Any) -> None:
    assert Seen(put("export", f"{GOOD}\n{GOOD}")).ids == ["g", "g"]
    assert Seen(put("export.dat", f"[\n{GOOD}\n]")).ids == ["g"]
    assert Seen(put("export.txt", GOOD)).ids == ["g"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(GOOD,), kwargs={"encoding": "utf-8"})
    writer.start()
    assert Seen(pipe).ids == ["g"]
    writer.join()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"format": "xml"}, "format: 'xml' is not one of jsonl, json, csv, text"),
        ({"encoding": "klingon"}, "encoding: 'klingon' is not an encoding"),
        ({"encoding": "base64"}, "encoding: 'base64' is not an encoding"),
        ({"columns": {"words": "x"}}, "columns: 'words' is not one of conversation_id, role"),
        ({"labels": {"Anna": "boss"}}, "labels: 'Anna': 'boss' is not one of agent, customer"),
    ],
)
def test_a_wrong_option_is_said_at_once(option: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        read("never-opened.txt", **option)
    assert said in str(raised.value)


pieces = st.sampled_from(
    [b"Agent: ", b"Klient Anna: ", b"Anna: ", b"[00:14] ", b"[99:99]", b"2026-02-31 10:15 ", b"=== 7 ===\n", b"---\n",
     b"\n", b"\r", b'"', b";", b",", b"\t", b"conversation_id;role;text\n", b"1;agent;hi\n", b"id: ", b"channel: x\n",
     b'{"id": 1, "turns": [', b'{"role": "agent", "text": "a"}', b"]}", b"[", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00",
     b"\xc5\x82", b"\xb3", b"\xed\xa0\x80", "ż٣:٠٠ ".encode(), b"sep=;\n", b"NaN", b"1e999", b'"\\ud800"'],
)  # fmt: skip
anything = st.one_of(st.binary(max_size=300), st.lists(st.one_of(pieces, st.binary(max_size=4))).map(b"".join))


@settings(max_examples=400, deadline=None)
@example(b";", "csv", None)
@given(anything, st.sampled_from([*FORMATS, None]), st.sampled_from([None, "utf-8", "utf-16", "cp1250", "utf-7"]))
def test_arbitrary_bytes_raise_nothing_but_input_errors(content: bytes, kind: str | None, encoding: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.write_bytes(content)
        seen = Seen(path, format=kind, encoding=encoding)
        if seen.faults:
            with pytest.raises(InputError) as raised:
                list(read(path, format=kind, encoding=encoding))
            assert str(raised.value) == seen.faults[0]
        else:
            assert list(read(path, format=kind, encoding=encoding)) == seen.conversations


# --- text logs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "role", "speaker"),
    [
        ("Agent", "agent", None), ("KONSULTANTKA", "agent", None), ("Obsluga", "agent", None), ("BOK", "agent", None),
        ("Doradca", "agent", None), ("pracownik", "agent", None), ("Sprzedawca", "agent", None),
        ("Biuro Obsługi Klienta", "agent", None), ("Customer Service", "agent", None), ("rep", "agent", None),
        ("PROWADZĄCY", "agent", None), ("Supervisor", "agent", None),
        ("Klientka", "customer", None), ("caller", "customer", None), ("Pacjent", "customer", None),
        ("Wirtualny asystent", "bot", None), ("IVR", "bot", None), ("System", "system", None),
        ("Notatka", "note", None), ("Internal note", "note", None),
        ("Konsultant Anna", "agent", "Anna"), ("Agent (Anna)", "agent", "Anna"), ("Anna (konsultant)", "agent", "Anna"),
        ("Anna [agent]", "agent", "Anna"), ("Customer Support Anna Nowak", "agent", "Anna Nowak"),
        ("Konsultantka Anna (BOK)", "agent", "Anna"), ("Agent 2", "agent", "Agent 2"), ("klient JAN K.", "customer",
        "JAN K."), ("**Klient**", "customer", None), ("Łukasz (doradca)", "agent", "Łukasz"),
    ],
)  # fmt: skip
def test_labels(put: Any, label: str, role: str, speaker: str | None) -> None:
    assert shape(Seen(put("a.txt", f"{label}: Tak.\n")).turns) == [(role, speaker, "Tak.")]
    assert shape(Seen(put("b.log", f"[10:15] {label} : Tak.\n")).turns) == [(role, speaker, "Tak.")]


def test_lines_without_a_label_go_on_with_the_turn(put: Any) -> None:
    log = (
        "Agent: Dzień dobry,\n\nUwaga: biuro zamknięte.\nhttps://example.org/a:b\nTemat: zwrot\nPS: pa\n"
        "Klient pisze: nie działa\nCustomer ID: 17\nspotkanie o 10:15: tak\n\nKlient: ok\n"
    )
    first, second = Seen(put("a.txt", log)).turns
    assert first.text == (
        "Dzień dobry,\n\nUwaga: biuro zamknięte.\nhttps://example.org/a:b\nTemat: zwrot\nPS: pa\n"
        "Klient pisze: nie działa\nCustomer ID: 17\nspotkanie o 10:15: tak"
    )
    assert second.text == "ok"


def test_words_may_start_on_the_next_line_and_line_ends_do_not_matter(put: Any) -> None:
    log = "**Agent:** Hi\nAgent:\nHello\n  there\nCustomer:\nCustomer: bye"
    expected = [("agent", None, "Hi"), ("agent", None, "Hello\n  there"), ("customer", None, ""),
                ("customer", None, "bye")]  # fmt: skip
    for end in ("\n", "\r\n", "\r"):
        assert shape(Seen(put("a.txt", log.replace("\n", end))).turns) == expected


@pytest.mark.parametrize(
    ("prefix", "time"),
    [
        ("2026-03-05 10:15", "2026-03-05T10:15"),
        ("[2026-03-05 10:15:02]", "2026-03-05T10:15:02"),
        ("2026-03-05T10:15:00+01:00", "2026-03-05T10:15:00+01:00"),
        ("[2026-03-05T10:15:00.250Z]", "2026-03-05T10:15:00.250+00:00"),
        ("5.03.2026, 10:15 -", "2026-03-05T10:15"),
        ("(05.03.2026 10:15)", "2026-03-05T10:15"),
        ("2026-03-05 10:15 PM", "2026-03-05T22:15"),
    ],
)
def test_a_full_date_is_a_time(put: Any, prefix: str, time: str) -> None:
    (turn,) = Seen(put("a.txt", f"{prefix} Agent: Hi")).turns
    assert turn == Turn(role="agent", text="Hi", time=datetime.fromisoformat(time))


@pytest.mark.parametrize(
    ("prefixes", "starts"),
    [
        (["[00:14]", "[00:20]", "[61:05]"], [14, 20, 3665]),
        (["**[00:14]**", "**[00:20]**"], [14, 20]),
        (["[00:01:14]", "[00:01:14.5]", "[01:00:00]"], [74, 74.5, 3600]),
        (["[00:45:00]", "[01:10:00]"], [2700, 4200]),
        (["(10:15)", "(10:17)", "(11:15)"], [0, 120, 3600]),
        (["[10:15]", "[25:10]"], [615, 1510]),
        (["10:15:02", "10:15:30"], [0, 28]),
        (["00:14", "00:20"], [0, 360]),
        (["23:59", "00:01", "", "00:10"], [0, 120, None, 660]),
        (["11:59 AM", "12:01 PM", "1:01 pm"], [0, 120, 3720]),
        (["[10:15]", "[10:10]"], [None, None]),
        (["23:00", "01:00", "23:00", "01:00"], [None] * 4),
        (["[00:14]", "[00:10]"], [None, None]),
    ],
)
def test_a_clock_without_a_date(put: Any, prefixes: list[str], starts: list[float | None]) -> None:
    log = "\n".join(f"{prefix} {('Agent', 'Klient')[number % 2]}: Hi" for number, prefix in enumerate(prefixes))
    seen = Seen(put("a.txt", log))
    assert [turn.start_s for turn in seen.turns] == starts
    assert {turn.time for turn in seen.turns} == {None}
    assert {turn.text for turn in seen.turns} == {"Hi"}
    assert bool(seen.notices) == (set(starts) == {None})


def test_a_phone_log_may_start_late(put: Any) -> None:
    log = "channel: phone\n[10:15] Agent: Hi\n[10:17] Caller: Hi\n"
    assert [turn.start_s for turn in Seen(put("a.txt", log)).turns] == [615, 617]
    assert [turn.start_s for turn in Seen(put("a.txt", log.replace("phone", "chat"))).turns] == [0, 120]


def test_clocks_of_two_kinds_are_not_mixed(put: Any) -> None:
    seen = Seen(put("a.txt", "2026-03-05 10:15 Agent: a\n10:20 Klient: b\n"))
    assert [(turn.start_s, turn.time is None) for turn in seen.turns] == [(None, False), (None, True)]
    assert "those without were not used" in seen.notices[0]


def test_events_and_the_words_after_them(put: Any) -> None:
    log = "Klient: patrz\n[zdjęcie.jpg]\ni co teraz?\n[00:15] [Rozmowa zakończona]\n\nAgent: [1] tak\n[17]\n"
    assert shape(Seen(put("a.txt", log)).turns) == [
        ("customer", None, "patrz"),
        ("system", None, "zdjęcie.jpg"),
        ("customer", None, "i co teraz?"),
        ("system", None, "Rozmowa zakończona"),
        ("agent", None, "[1] tak\n[17]"),
    ]


def test_in_a_log_with_clocks_a_note_has_one_too(put: Any) -> None:
    with_clock = "[00:01] Agent: a\nNote: keep it\n[00:05] Note: escalate\n"
    assert shape(Seen(put("a.txt", with_clock)).turns) == [
        ("agent", None, "a\nNote: keep it"),
        ("note", None, "escalate"),
    ]
    assert [turn.role for turn in Seen(put("b.txt", "Agent: a\nNote: escalate\n")).turns] == ["agent", "note"]


def test_several_conversations_and_their_ids(put: Any) -> None:
    log = (
        "kanał: czat\njęzyk: polski\nAgent: a\n---\nAgent: b\n=== rozmowa 17 ===\nAgent: c\n\n"
        "=== 18\nid: t-18\nchannel: voice\nlanguage: en-GB\nAgent: d\n======\n[00:01] Agent: e\n---\n"
    )
    seen = Seen(put("dzień.txt", log))
    assert seen.ids == ["dzień", "dzień#2", "rozmowa 17", "t-18", "dzień#5"]
    kinds = [(item.channel, item.language) for item in seen.conversations]
    assert kinds == [("chat", "pl"), (None, None), (None, None), ("phone", "en-GB"), (None, None)]


def test_a_rule_of_dashes_inside_a_letter_separates_nothing(put: Any) -> None:
    log = "Klient: list\n---\nJan\n-----Original Message-----\nFrom: BOK\n--- \nAgent: ok"
    seen = Seen(put("a.txt", log))
    assert [len(item.turns) for item in seen.conversations] == [1, 1]
    assert seen.conversations[0].turns[0].text == "list\n---\nJan\n-----Original Message-----\nFrom: BOK"


def test_fields_before_the_first_turn_are_set_aside_and_told(put: Any) -> None:
    path = put("a.txt", "# Czat\nTemat: zwrot\nData: 2026-03-05\n\nAgent: Hi\n")
    seen = Seen(path)
    assert len(seen.turns) == 1
    assert seen.notices == [f"{path}: lines before the first turn were set aside: # (1), Temat (1), Data (1)"]


def test_an_unknown_speaker_is_a_fault_and_can_be_mapped(put: Any) -> None:
    log = "Klient: a\nAnna: b\nKlient: c\nAnna: d\n=== 2 ===\nAgent: e\n"
    path = put("a.txt", log)
    seen = Seen(path)
    assert seen.ids == ["2"]
    assert seen.fault.startswith(f"{path}:2: the label 'Anna' takes turns and is not known; labels={{'Anna': 'agent'}}")
    assert "agent, agentka, konsultant" in seen.fault
    mapped = Seen(path, labels={"anna": "agent"})
    assert shape(mapped.conversations[0].turns)[1] == ("agent", "Anna", "b")
    as_text = Seen(path, labels={"Anna": "text"})
    assert as_text.conversations[0].turns[0].text == "a\nAnna: b"


def test_a_label_of_the_users_own_takes_names(put: Any) -> None:
    seen = Seen(put("a.txt", "Ekspertka Ola: a\nMistrz Jan: b\nMistrz: c\n"), labels={"Mistrz": "agent"})
    assert [turn.speaker for turn in seen.turns] == ["Ola", "Jan", "Mistrz"]


def test_a_name_once_is_text_and_told(put: Any) -> None:
    path = put("a.txt", "Agent: a\nAnna: b\nKlient: c\n")
    seen = Seen(path)
    assert seen.turns[0].text == "a\nAnna: b"
    assert seen.notices == [f"{path}: names before a colon that are no known label were read as text: Anna (1)"]


def test_a_list_in_one_turn_is_no_speaker(put: Any) -> None:
    log = "Agent: kroki\nWejście: a\nWejście: b\nWejście: c\nKlient: ok"
    assert len(Seen(put("a.txt", log)).turns) == 2


@pytest.mark.parametrize(
    ("log", "line", "said"),
    [
        ("Anna: hi\nTomek: hello\n", 1, "the label 'Anna' is not known; labels={'Anna': 'agent'} says who it is"),
        ("\nhello\nAgent: hi", 2, "'hello' stands before the first turn; start a turn with a label and a colon"),
        ("channel: fax\nAgent: hi", 1, "channel: 'fax' is not one of chat, email, phone, ticket, social"),
        ("id:\nAgent: hi", 1, "id: has no value"),
        ("language: po naszemu\nAgent: hi", 1, "language: is not a language tag"),
        ("Agent: a\n2026-02-31 10:15 Agent: hi", 2, "is no time"),
        ("2026-03-05T10:15Z Agent: a\n2026-03-05T10:15 Agent: b", 1, "give all of them a zone or none"),
        ("=== 3 ===\n\n", 1, "the conversation has no turns"),
    ],
)
def test_faults_of_a_log(put: Any, log: str, line: int, said: str) -> None:
    path = put("a.txt", log)
    assert Seen(path).fault.startswith(f"{path}:{line}: ")
    assert said in Seen(path).fault
    with pytest.raises(InputError):
        list(read(path))


# --- tables -----------------------------------------------------------------------------------------------------------


def test_rows_of_a_conversation_may_be_apart(put: Any) -> None:
    table = "conversation_id,role,speaker,text\n2,agent,Anna,a\n1,klient,,b\n2,Konsultantka,,c\n1,agent,Jan,d\n"
    seen = Seen(put("a.csv", table))
    assert seen.ids == ["2", "1"]
    assert [shape(item.turns) for item in seen.conversations] == [
        [("agent", "Anna", "a"), ("agent", None, "c")],
        [("customer", None, "b"), ("agent", "Jan", "d")],
    ]


def test_every_column(put: Any) -> None:
    table = (
        "Nr zgłoszenia;Rola;Autor;Treść;Data;start;end;Kanał;Język;ocena\n"
        "7;Agent (Ola);;a;2026-03-05T10:15:00+01:00;1,5;00:01:14;telefon;polski;5\n"
        '7;system;;;05.03.2026 10:16+01:00;;;;;""\n'
    )
    path = put("a.csv", table)
    seen = Seen(path)
    (conversation,) = seen.conversations
    assert (conversation.channel, conversation.language) == ("phone", "pl")
    zone = timezone(timedelta(hours=1))
    assert conversation.turns == (
        Turn(role="agent", speaker="Ola", text="a", time=datetime(2026, 3, 5, 10, 15, tzinfo=zone), start_s=1.5,
             end_s=74),
        Turn(role="system", text="", time=datetime(2026, 3, 5, 10, 16, tzinfo=zone)),
    )  # fmt: skip
    assert seen.notices == [f"{path}: columns that the model lacks were set aside: ocena (1)"]


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=100, deadline=None)
@given(st.lists(cells, min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
def test_table_round_trip(texts: list[str], delimiter: str, end: str) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("conversation_id", "role", "text"), *(("1", "agent", text) for text in texts)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        assert [turn.text for turn in Seen(path).turns] == texts


def test_the_delimiter_is_the_one_that_gives_known_columns(put: Any) -> None:
    table = "conversation_id;role;text;a,b,c,d,e,f\n1;agent;x,y\n"
    assert Seen(put("a.csv", table)).turns[0].text == "x,y"
    assert Seen(put("b.csv", "sep=,\nconversation_id,role,text\n1,agent,x;y\n")).turns[0].text == "x;y"
    assert Seen(put("c.tsv", "conversation_id\trole\ttext\n1\tagent\tx, y; z\n")).turns[0].text == "x, y; z"
    assert Seen(put("d.csv", "K;W;T\n1;agent;x\n"), columns={"conversation_id": "K", "role": "W", "text": "T"}).turns


def test_columns_are_mapped_and_missed_by_name(put: Any) -> None:
    path = put("a.csv", "case,role,body,text_html\n1,agent,hi,<p>\n")
    assert Seen(path).fault == (
        f"{path}:1: the column 'conversation_id' is missing; the columns found are: case, role, body, text_html; "
        "name it with columns={'conversation_id': ...}"
    )
    assert Seen(path, columns={"conversation_id": "Case"}).turns[0].text == "hi"
    assert Seen(path, columns={"conversation_id": "case", "text": "text_html"}).turns[0].text == "<p>"
    assert "the column 'nr' (for conversation_id) is missing" in Seen(path, columns={"conversation_id": "nr"}).fault
    both = put("b.csv", "ticket,role,body,message\n1,agent,hi,ho\n")
    assert "'body' and 'message' could both be text" in Seen(both).fault
    assert Seen(put("c.csv", "ticket,role,body,text\n1,agent,hi,ho\n")).turns[0].text == "ho"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,agnet,hi,,", "role: 'agnet' is not known; labels={'agnet': 'agent'} says who it is. Known are agent"),
        ("x,,hi,,", "role: '' is not known; every row needs one"),
        ("x,agent,hi,2026-03-05,", "time: '2026-03-05' is not an ISO 8601 date with a time of day"),
        ("x,agent,hi,,fax", "channel: 'fax' is not one of chat"),
        ("x,agent,hi,,chat,extra", "has 6 cells and the header has 5; a cell that holds ',' needs quotes"),
        ("x,agent", "the text is missing"),
        (",agent,hi,,", "conversation_id: is empty"),
        ('x,agent,"hi" there,,', "not a row of the table: ',' expected after '\"'"),
        ('x,agent,"hi,,', "not a row of the table: a quotation mark is opened and never closed"),
    ],
)
def test_a_bad_row_is_named_and_loses_no_other_conversation(put: Any, row: str, said: str) -> None:
    head = 'conversation_id,role,text,time,channel\n1,agent,"two\nlines",,\n\n'
    path = put("a.csv", f"{head}{row}\n2,agent,c,,\n1,customer,d,,\n2,agent,e,,\n")
    seen = Seen(path)
    assert [(item.id, len(item.turns)) for item in seen.conversations] == [("1", 2), ("2", 2)]
    assert seen.fault.startswith(f"{path}:5: ")
    assert said in seen.fault
    with pytest.raises(InputError) as raised:
        list(read(path))
    assert str(raised.value) == seen.fault


def test_a_bad_row_takes_its_conversation_and_is_told_once(put: Any) -> None:
    table = "conversation_id,role,text\n1,agent,a\n2,agent,b\n1,nobody,c\n1,nobody,d\n1,agent,e\n"
    path = put("a.csv", table)
    seen = Seen(path)
    assert seen.ids == ["2"]
    assert seen.fault.startswith(f"{path}:4: role: 'nobody'")


@pytest.mark.parametrize("row", ['1,agent,"open', '1,agent,"a" b', "1,agent", "1,agent,a,b"])
def test_a_row_that_is_no_row_takes_its_conversation(put: Any, row: str) -> None:
    seen = Seen(put("a.csv", f"conversation_id,role,text\n1,agent,a\n2,agent,b\n{row}\n3,agent,c\n"))
    assert seen.ids == ["2", "3"]
    assert ":4: " in seen.fault


@pytest.mark.parametrize("row", ['agent,"open,1', "agent,a,b,1", '"agent,a,1'])
def test_a_row_whose_id_cannot_be_told_takes_none(put: Any, row: str) -> None:
    seen = Seen(put("a.csv", f"role,text,conversation_id\nagent,a,1\nagent,b,b\n{row}\n"))
    assert seen.ids == ["1", "b"]
    assert ":4: " in seen.fault


def test_an_unclosed_quotation_mark_far_before_a_closed_one(put: Any) -> None:
    rows = ['1,agent,"open', "2,agent,a", '3,agent,"closed, well"', "4,agent,b"]
    seen = Seen(put("a.csv", "conversation_id,role,text\n" + "\n".join(rows)))
    assert seen.ids == ["2", "3", "4"]
    assert seen.conversations[1].turns[0].text == "closed, well"
    assert ":2: not a row of the table" in seen.fault


def test_conversations_of_a_table_that_do_not_hold(put: Any) -> None:
    table = (
        "conversation_id,role,text,time,channel,language\n1,agent,a,2026-03-05T10:15Z,chat,\n"
        "1,agent,a,2026-03-05T10:15,,\n2,agent,a,,chat,\n2,agent,a,,phone,\n3,agent,a,,,p!\n4,agent,a,,,\n"
    )
    seen = Seen(put("a.csv", table))
    assert seen.ids == ["4"]
    assert [fault.split("a.csv:")[1].split(":")[0] for fault in seen.faults] == ["5", "2", "6"]
    assert "channel: 'phone' here, and 'chat' in an earlier row" in seen.faults[0]


def test_roles_of_a_table_can_be_mapped(put: Any) -> None:
    path = put("a.csv", "ticket,role,text\n1,0,a\n1,1,b\n")
    assert shape(Seen(path, labels={"0": "customer", "1": "agent"}).turns) == [
        ("customer", None, "a"),
        ("agent", None, "b"),
    ]


def test_a_header_alone_is_a_fault(put: Any) -> None:
    path = put("a.csv", "conversation_id,role,text\n\n,,\n")
    assert Seen(path).fault == f"{path}: has a header and no rows"
    assert Seen(put("b.csv", "sep=;\n")).fault.endswith("has no header")
    assert ":1: not a row" in Seen(put("c.csv", '"conversation_id,role,text\n1,agent,a\n')).fault


# --- the samples ------------------------------------------------------------------------------------------------------


def samples() -> Iterator[Conversation]:
    files = sorted(path for path in SAMPLES.iterdir() if path.suffix != ".md")
    return read(*files, on_notice=lambda _: None)


def test_the_samples_are_26_conversations_of_every_kind() -> None:
    archive = list(samples())
    assert len({conversation.id for conversation in archive}) == len(archive) == 26
    assert {conversation.channel for conversation in archive} == {"chat", "email", "phone", "ticket", "social"}
    assert {conversation.language for conversation in archive} == {"pl", "en", "de"}
    assert {turn.role for item in archive for turn in item.turns} == {"agent", "customer", "bot", "system", "note"}
    assert all(4 <= len(conversation.turns) <= 16 for conversation in archive)
    assert any(not conversation.agents for conversation in archive)
    assert any(len(conversation.agents) > 1 for conversation in archive)
