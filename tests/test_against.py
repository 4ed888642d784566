"""An audit against an earlier one: the tables of an audit from scratch, for less work, and what moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from reviewqa import Conversation, Reviewer, Turn, read
from reviewqa.audit.change import difference, needed_by, needs, without_cues
from reviewqa.audit.moved import Moves
from reviewqa.audit.schemas import TABLES
from reviewqa.charter.model import default_path
from reviewqa.rules import conditions
from reviewqa.rules.loader import built_in
from reviewqa.rules.model import LoadedStep
from test_audit import SAMPLES, as_lines, command, digests, lines, rows_of, run, talks

RULES = built_in()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    values = talks(54)
    values.append({"id": "german", "language": "de", "turns": [{"role": "agent", "text": "Guten Tag, gerne."}]})
    return lines(tmp_path_factory.mktemp("archive") / "talks.jsonl", values)


@pytest.fixture(scope="module")
def old(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("old") / "out"
    with archive.open("ab") as more:
        more.write(b"{broken\n")
    run(out, archive)
    return out


def tables_of(out: Path) -> dict[str, str]:
    return {
        name: digest for name, digest in digests(out).items() if name.split("/")[0] in (*TABLES, "quarantine.jsonl")
    }


def own_charter(folder: Path, **changes: Any) -> Path:
    charter = yaml.safe_load(default_path().read_text(encoding="utf-8"))
    charter.update(changes)
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(charter, sort_keys=False), encoding="utf-8")
    return path


def own_rule(folder: Path, name: str, **changes: Any) -> Path:
    rule = yaml.safe_load((RULES / name).read_text(encoding="utf-8"))
    rule.update(changes)
    path = folder / "rules" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(rule, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return folder / "rules"


def lighter(charter: Path) -> list[dict[str, Any]]:
    made = yaml.safe_load(charter.read_text(encoding="utf-8"))["lines"]
    for line in made[:3]:
        line["weight"] = line["weight"] * 2 + 1
    return [line for line in made if line.get("flag") != "big_wait"]


def test_where_nothing_changed_nothing_is_reviewed(
    tmp_path: Path, archive: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(Reviewer, "review")
    summary = run(tmp_path / "new", archive, against=old)
    assert summary.counts.reused == summary.counts.reviewed == 55
    assert summary.counts.quarantined == 1
    assert tables_of(tmp_path / "new") == tables_of(old)
    assert summary.moves is not None
    assert summary.moves.conversations == 0


def test_other_weights_weigh_again_without_reading(
    tmp_path: Path, archive: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charter = own_charter(tmp_path, lines=lighter(default_path()))
    run(tmp_path / "fresh", archive, charter=charter)
    monkeypatch.delattr(Reviewer, "review")
    summary = run(tmp_path / "new", archive, charter=charter, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert summary.moves is not None
    assert summary.moves.conversations > 0
    assert {kind for kind, *_ in summary.moves.verdicts} == {"total"}
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert all(row["changed"] and all(name.startswith("charter: ") for name in row["changed"]) for row in moved)
    assert any(row["lost"] != row["gained"] for row in moved)


def test_another_limit_touches_its_channel(tmp_path: Path, archive: Path, old: Path) -> None:
    charter = own_charter(tmp_path, response_limit_s={"chat": 5})
    run(tmp_path / "fresh", archive, charter=charter)
    summary = run(tmp_path / "new", archive, charter=charter, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert 0 < summary.counts.reused < 55
    assert summary.moves is not None
    assert any(name == "big_wait" for _, name, *_ in summary.moves.verdicts)
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert {row["kind"] for row in moved} == {"flag", "total"}
    assert all(row["changed"] == ["charter: limit of chat"] for row in moved)


def test_a_step_that_stands_on_a_wait_moves_for_the_limit(tmp_path: Path) -> None:
    said = [("customer", "Is my order on its way?", "12:00:00"), ("agent", "Yes, it is.", "12:01:00")]
    turns = [{"role": role, "text": text, "time": f"2025-03-03T{time}"} for role, text, time in said]
    path = lines(tmp_path / "late.jsonl", [{"id": "late", "language": "en", "channel": "chat", "turns": turns}])
    run(tmp_path / "old", path)
    run(tmp_path / "new", path, charter=own_charter(tmp_path, response_limit_s={"chat": 5}), against=tmp_path / "old")
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert [(row["id"], row["changed"]) for row in moved if row["kind"] == "step"] == [
        ("apologize", ["charter: limit of chat"])
    ]


def test_a_limit_is_named_where_it_holds(tmp_path: Path, archive: Path, old: Path) -> None:
    charter = own_charter(tmp_path, response_limit_s={"chat": 5, "email": 5, "ticket": 5, "phone": 5, "social": 5})
    run(tmp_path / "new", archive, charter=charter, against=old)
    channels = {row["place"]: row["channel"] for row in rows_of(tmp_path / "new", "reviews")}
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert len({channels[row["place"]] for row in moved}) > 1
    assert all(row["changed"] == [f"charter: limit of {channels[row['place']]}"] for row in moved)


def test_another_cue_touches_what_it_is_found_in(tmp_path: Path, archive: Path, old: Path) -> None:
    rules = own_rule(tmp_path, "cues/en/agent/apology.yaml", phrases=["=sorry about"])
    run(tmp_path / "fresh", archive, rules=rules)
    summary = run(tmp_path / "new", archive, rules=rules, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert 27 < summary.counts.reused < 55
    assert summary.moves is not None
    assert summary.moves.changed == ("cue agent/apology (en)",)
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    steps = [row for row in moved if row["id"] == "apologize"]
    assert steps
    assert all(row["changed"] == ["cue agent/apology (en)"] for row in steps)
    assert all("agent/apology: " in text for row in steps if row["before"] == "met" for text in row["lost"][:1])


def test_another_severity_touches_where_the_flag_is(tmp_path: Path, archive: Path, old: Path) -> None:
    name = "anti_patterns/ask_me_not.yaml"
    severity = yaml.safe_load((RULES / name).read_text(encoding="utf-8"))["severity"]
    rules = own_rule(tmp_path, name, severity="critical" if severity != "critical" else "minor")
    run(tmp_path / "fresh", archive, rules=rules)
    summary = run(tmp_path / "new", archive, rules=rules, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert summary.counts.reused > 0
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    there = [row["place"] for row in rows_of(tmp_path / "new", "reviews") if "ask_me_not" in row["flags"]]
    assert there
    assert [row["place"] for row in moved] == sorted(there)
    now = "critical" if severity != "critical" else "minor"
    assert {(row["id"], row["before"], row["after"], *row["changed"]) for row in moved} == {
        ("ask_me_not", severity, now, "rule ask_me_not")
    }


def test_a_total_moves_for_what_its_verdicts_moved_for(tmp_path: Path, archive: Path, old: Path) -> None:
    rules = own_rule(tmp_path, "anti_patterns/red_alert.yaml", present={"cue": "agent/apology"})
    run(tmp_path / "new", archive, rules=rules, against=old)
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert {row["kind"] for row in moved} == {"flag", "total"}
    assert all(row["changed"] == ["rule red_alert"] for row in moved)


def test_a_rule_that_is_gone_is_named_where_it_was_found(tmp_path: Path, archive: Path) -> None:
    name = "anti_patterns/ask_me_not.yaml"
    rules = own_rule(tmp_path, name)
    (rules / name).rename(rules / "anti_patterns" / "ours.yaml")
    run(tmp_path / "before", archive, rules=rules)
    run(tmp_path / "new", archive, against=tmp_path / "before")
    moved = pq.read_table(tmp_path / "new" / "moved.parquet").to_pylist()
    assert "present" in {row["before"] for row in moved}
    assert {(row["id"], row["after"], *row["changed"]) for row in moved} == {("ours", "absent", "rule ours")}


def test_another_condition_touches_what_has_its_cues(tmp_path: Path, archive: Path) -> None:
    name = "anti_patterns/broken_promises.yaml"
    rule = yaml.safe_load((RULES / name).read_text(encoding="utf-8"))
    present = {"any": [condition for condition in rule["present"]["any"] if "score" not in condition]}
    unless = {"any": [*([rule["unless"]] if "unless" in rule else []), {"cue": "agent/apology"}]}
    before = run(tmp_path / "before", archive, rules=own_rule(tmp_path / "one", name, present=present))
    rules = own_rule(tmp_path / "other", name, present=present, unless=unless)
    run(tmp_path / "fresh", archive, rules=rules)
    summary = run(tmp_path / "new", archive, rules=rules, against=tmp_path / "before")
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert 0 < summary.counts.reused < before.counts.reviewed


@pytest.mark.parametrize("name", ["ask_me_not", "red_alert", "big_wait", "autopilot"])
def test_another_limit_of_what_is_heard_touches_where_it_is_heard(
    tmp_path: Path, archive: Path, old: Path, name: str
) -> None:
    path = f"anti_patterns/{name}.yaml"
    present = yaml.safe_load((RULES / path).read_text(encoding="utf-8"))["present"]
    present["any"].append({"score": "unwilling", "above": 0.2, "at_least": 2})
    rules = own_rule(tmp_path, path, present=present)
    run(tmp_path / "fresh", archive, rules=rules)
    summary = run(tmp_path / "new", archive, rules=rules, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert 0 < summary.counts.reused < 55


def test_no_rule_speaks_where_nothing_is_that_it_needs() -> None:
    reviewer = Reviewer()
    rules = reviewer.rules
    spoke = 0
    for talk in [*read(SAMPLES), *map(unkind, range(3))]:
        language = reviewer.review(talk).language
        if language is None:
            continue
        reading = reviewer.reading(talk)
        for rule in (*rules.steps.values(), *rules.anti_patterns.values()):
            says = [rule.met, rule.applies] if isinstance(rule, LoadedStep) else [rule.present]
            if any(condition.find(reading) is not None for condition in says):
                spoke += 1
                needed = needed_by(rule)
                if needed is not None:
                    signs = [sign for sign in needed if not isinstance(sign, str)]
                    seen = without_cues(talk, language, reading.tokens, signs, reviewer)
                    assert any(sign in reading.hits for sign in needed if isinstance(sign, str)) or any(
                        sign.find(seen) is not None for sign in signs
                    ), rule.id
    assert spoke > 100


def unkind(number: int) -> Conversation:
    said = ["Are you stupid or what? Read the page.", "I really cannot be bothered to look.", "NOT MY PROBLEM, GO AWAY"]
    turns = (Turn(role="customer", text="Where is my parcel? I have waited."), Turn(role="agent", text=said[number]))
    return Conversation(id=f"unkind-{number}", language="en", turns=turns)


def test_other_examples_and_titles_touch_nothing(
    tmp_path: Path, archive: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = own_rule(
        tmp_path, "anti_patterns/ask_me_not.yaml", title={"en": "Ask elsewhere", "pl": "Pytaj gdzie indziej"}
    )
    run(tmp_path / "fresh", archive, rules=rules)
    monkeypatch.delattr(Reviewer, "review")
    summary = run(tmp_path / "new", archive, rules=rules, against=old)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert summary.counts.reused == 55


def test_a_rule_that_may_speak_of_anything_is_asked_of_everything(tmp_path: Path, archive: Path, old: Path) -> None:
    reasons = yaml.safe_load((RULES / "steps" / "act.yaml").read_text(encoding="utf-8"))["reasons"]
    reasons["not_applicable"] = {"en": "nothing was to be done", "pl": "nie było nic do zrobienia"}
    rules = own_rule(tmp_path, "steps/act.yaml", reasons=reasons)
    summary = run(tmp_path / "new", archive, rules=rules, against=old)
    assert summary.counts.reused == 0
    assert summary.moves is not None
    assert "act" in summary.moves.everything


def test_a_grown_archive_is_reviewed_where_it_grew(tmp_path: Path, archive: Path, old: Path) -> None:
    grown = tmp_path / "talks.jsonl"
    grown.write_bytes(archive.read_bytes() + as_lines(talks(12, 100)))
    run(tmp_path / "fresh", grown)
    summary = run(tmp_path / "new", grown, against=old, workers=2)
    assert tables_of(tmp_path / "new") == tables_of(tmp_path / "fresh")
    assert summary.counts.reused == 50
    assert summary.counts.reviewed == 67


def test_a_damaged_earlier_part_is_not_trusted(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "old", archive)
    part = tmp_path / "old" / "reviews" / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("reviewqa.audit.run.write_moved", lambda *_: Moves())
    summary = run(tmp_path / "new", archive, against=tmp_path / "old")
    assert summary.counts.reused == summary.counts.reviewed - 10


def test_the_command_reports_what_moved(tmp_path: Path, archive: Path, old: Path) -> None:
    rules = own_rule(tmp_path, "cues/en/agent/apology.yaml", phrases=["=sorry about"])
    done = command(archive, "-o", tmp_path / "new", "--part", "10", "--rules", rules, "--against", old)
    assert done.returncode == 1, done.stderr  # one record cannot be read
    assert "changed: cue agent/apology (en)" in done.stdout
    assert "apologize: met -> " in done.stdout
    nothing = command(archive, "-o", tmp_path / "other", "--against", tmp_path)
    assert nothing.returncode == 2
    assert "no manifest.json" in nothing.stderr


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"cue": "agent/a"}, {"agent/a"}),
        ({"any": [{"cue": "agent/a"}, {"cue": "agent/b"}]}, {"agent/a", "agent/b"}),
        ({"any": [{"cue": "agent/a"}, {"not": {"cue": "agent/b"}}]}, None),
        ({"all": [{"cue": "agent/a"}, {"not": {"cue": "agent/b"}}]}, {"agent/a"}),
        ({"not": {"cue": "agent/a"}}, None),
        ({"turns": "agent", "near": {"cue": "agent/a"}, "within_turns": 1}, {"agent/a"}),
        ({"cue": ["agent/a", "agent/b"], "with": {"cue": "agent/c"}}, {"agent/c"}),
        ({"cue": ["agent/a", "agent/b"], "without": {"cue": "agent/c"}}, {"agent/a", "agent/b"}),
        ({"any": [{"cue": "agent/a"}, {"shouting": "agent"}]}, {"agent/a", conditions.Shouting("agent")}),
        (
            {"score": "harsh", "above": 0.7, "not_before": {"cue": "agent/a"}, "at_least": 2},
            {conditions.Scored("harsh", above=0.7, where=conditions.Where(at_least=2))},
        ),
    ],
)
def test_what_a_condition_cannot_do_without(
    said: dict[str, Any], wanted: set[str | conditions.Condition] | None
) -> None:
    assert needs(conditions.parse(said, ("present",))) == wanted


A, B, C = {"cue": "agent/a"}, {"cue": "agent/b"}, {"not": {"cue": "agent/c"}}
HARSH, HARSHER = {"score": "harsh", "above": 0.7}, {"score": "harsh", "above": 0.9}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ({"any": [A, C]}, {"any": [A, C]}, set()),
        ({"any": [A, C]}, {"any": [A, B, C]}, {"agent/b"}),
        (A, {"any": [A, B]}, {"agent/b"}),
        ({"any": [A, B]}, {"any": [B, A]}, {"agent/a", "agent/b"}),
        ({"any": [A, B, C]}, {"any": [B, A, C]}, None),
        ({"any": [A, C]}, {"any": [A]}, None),
        ({"all": [A, C]}, {"all": [A, B, C]}, {"agent/a"}),
        (
            {"any": [A, HARSH]},
            {"any": [A, HARSHER]},
            {conditions.Scored("harsh", above=0.7), conditions.Scored("harsh", above=0.9)},
        ),
    ],
)
def test_where_a_changed_condition_can_show(
    before: dict[str, Any], after: dict[str, Any], wanted: set[str | conditions.Condition] | None
) -> None:
    assert difference(*(conditions.parse(said, ("present",)) for said in (before, after))) == wanted
