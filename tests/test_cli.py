"""The command as a user meets it: what it prints, where it complains, how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builders import write
from reviewqa.cli.shared import counted

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
GOOD = {
    "id": "1",
    "turns": [{"role": "customer", "text": "My parcel never came."}, {"role": "agent", "text": "Sorry!"}],
}

AHOY = 'means: a pirate\nonly: a pun\nphrases: ["ahoy matey"]\nexamples: {match: ["[[Ahoy matey]]"]}\n'


def reviewqa(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reviewqa.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, check=False)


def archive(folder: Path, *lines: object) -> Path:
    path = folder / "archive.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, reviewqa.cli\n"
        "try:\n    reviewqa.cli.app(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'numpy', 'spacy', 'sklearn', 'textblob', 'pydantic', 'jinja2', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "review" in done.stdout


def test_a_review_loads_neither_spacy_nor_scikit_learn() -> None:
    code = (
        "import sys; from reviewqa import Conversation, Reviewer, Turn\n"
        "Reviewer().review(Conversation(id='1', turns=(Turn(role='agent', text='Hello, how can I help you?'),)))\n"
        "heavy = {'spacy', 'sklearn', 'textblob', 'simplemma'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_input_gives_the_same_bytes() -> None:
    for face in ("jsonl", "html", "terminal"):
        first, second = (reviewqa("review", SAMPLES, "--as", face) for _ in range(2))
        assert first.returncode == 0, first.stderr
        assert first.stdout == second.stdout
        assert len(first.stdout) > 1000


def test_one_bad_record_costs_no_other(tmp_path: Path) -> None:
    wrong_role = {"id": "2", "turns": [{"role": "agnet", "text": "Hello"}]}
    path = archive(tmp_path, GOOD, wrong_role, "{broken", {**GOOD, "id": "3"})
    done = reviewqa("review", path, "--as", "jsonl")
    assert done.returncode == 1
    assert [json.loads(line)["conversation_id"] for line in done.stdout.splitlines()] == ["1", "3"]
    assert f"{path}:2" in done.stderr
    assert "'agnet' is not one of" in done.stderr
    assert f"{path}:3" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["review", "nowhere.jsonl"], "nowhere.jsonl"),
        (["review", "empty"], "holds no file"),
        (["review", "good.jsonl", "--charter", "none.yaml"], "none.yaml"),
        (["review", "good.jsonl", "--rules", "empty"], "has no rules"),
        (["review", "good.jsonl", "--models", "empty"], "pl.npz: is missing"),
        (["review", "good.jsonl", "--column", "text"], "--column text"),
        (["review", "good.jsonl", "--out", "none/out.html"], "cannot be written"),
        (["rules", "show", "agent/nothing"], "is no rule or cue"),
        (["charter", "check", "good.jsonl"], "good.jsonl:1"),
        (["models", "train", "--data", "empty"], "holds no labelled turns"),
    ],
)
def test_nothing_can_be_done(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "empty").mkdir()
    archive(tmp_path, GOOD).rename(tmp_path / "good.jsonl")
    done = reviewqa(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [["review"], ["rules", "explain", "apologize"], ["rules", "backtest", "--rules", "own"]]
)
def test_a_report_never_replaces_what_it_is_made_from(tmp_path: Path, command: list[str]) -> None:
    cue = tmp_path / "own" / "cues" / "en" / "agent" / "apology.yaml"
    cue.parent.mkdir(parents=True)
    cue.write_text('means: m\nphrases: ["sorry"]\nexamples: {match: ["[[Sorry]]!"]}\n', encoding="utf-8")
    path = archive(tmp_path, GOOD)
    before = path.read_bytes()
    words, options = (command, []) if command[1:2] != ["explain"] else (command[:2], command[2:])
    done = reviewqa(*words, path.name, *options, "--out", f"./own/../{path.name}", cwd=tmp_path)
    assert done.returncode == 2
    assert "is a file to be read, which the report would replace; name another --out" in done.stderr
    assert path.read_bytes() == before


def test_a_report_stays_until_the_next_one_is_whole(tmp_path: Path) -> None:
    path = archive(tmp_path, GOOD)
    out = tmp_path / "report.txt"
    assert reviewqa("review", path, "--out", out).returncode == 0
    before = out.read_bytes()
    out.chmod(0o640)
    broken = archive(tmp_path, "{broken")
    assert reviewqa("review", broken, "--out", out).returncode == 2
    assert out.read_bytes() == before
    link = tmp_path / "link.txt"
    link.symlink_to(out)
    assert reviewqa("review", archive(tmp_path, {**GOOD, "id": "2"}), "--out", link).returncode == 0
    assert out.read_bytes() != before
    assert (link.is_symlink(), out.stat().st_mode & 0o777) == (True, 0o640)
    assert {each.name for each in tmp_path.iterdir()} == {"archive.jsonl", "link.txt", "report.txt"}


def test_the_terminal_shows_every_conversation_where_asked(tmp_path: Path) -> None:
    path = archive(tmp_path, *({**GOOD, "id": f"talk-{n}"} for n in range(25)))
    weakest, every = (reviewqa("review", path, *more).stdout for more in ([], ["--full"]))
    assert (weakest.count("─ talk-"), every.count("─ talk-")) == (5, 25)
    assert "--full" in weakest


@pytest.mark.parametrize(
    "command", [["explain", "archive.jsonl", "act"], ["backtest", "archive.jsonl", "--rules", "own"]]
)
def test_rules_are_tried_with_models_of_ones_own(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    archive(tmp_path, GOOD)
    write(tmp_path / "own", {"cues/en/agent/says_ahoy.yaml": AHOY})
    done = reviewqa("rules", *command, "--models", "empty", cwd=tmp_path)
    assert done.returncode == 2
    assert "pl.npz: is missing" in done.stderr


@pytest.mark.parametrize(("count", "said"), [(0, "0 records"), (1, "1 record"), (2, "2 records")])
def test_one_thing_is_no_plural(count: int, said: str) -> None:
    assert counted(count, "record") == said


def test_hostile_text_is_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script> I'm so sorry about the <b>delay</b>"
    row = {**GOOD, "turns": [GOOD["turns"][0], {"role": "agent", "text": hostile, "speaker": '"><img src=x>'}]}  # type: ignore[index]
    done = reviewqa("review", archive(tmp_path, row), "--as", "html")
    assert done.returncode == 0, done.stderr
    assert "<script>alert" not in done.stdout
    assert "<img src=x" not in done.stdout
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.stdout


def test_a_teams_own_rule_fires_without_touching_the_package(tmp_path: Path) -> None:
    cue = tmp_path / "own" / "cues" / "en" / "agent" / "says_ahoy.yaml"
    rule = tmp_path / "own" / "anti_patterns" / "pirate_talk.yaml"
    for path in (cue, rule):
        path.parent.mkdir(parents=True)
    cue.write_text(AHOY, encoding="utf-8")
    rule.write_text(
        "title: {en: Pirate talk, pl: Mowa piratów}\nmeans: {en: talks like a pirate, pl: mówi jak pirat}\n"
        "source: our own charter\nseverity: minor\npresent: {cue: agent/says_ahoy}\n"
        "reason: {en: the agent talks like a pirate, pl: konsultant mówi jak pirat}\n"
        'examples:\n  present: {en: [[{agent: "[[Ahoy matey]]"}]]}\n  absent: {en: [[{agent: "Hello"}]]}\n',
        encoding="utf-8",
    )
    checked = reviewqa("rules", "check", tmp_path / "own")
    assert checked.returncode == 0, checked.stderr
    assert " 3 examples run, 0 faults" in checked.stdout
    row = {
        "id": "1",
        "turns": [{"role": "customer", "text": "Hi there, where is it?"}, {"role": "agent", "text": "Ahoy matey!"}],
    }
    done = reviewqa("review", archive(tmp_path, row), "--rules", tmp_path / "own", "--as", "json")
    (review,) = json.loads(done.stdout)
    (flag,) = [flag for flag in review["flags"] if flag["id"] == "pirate_talk"]
    assert flag["evidence"][0]["text"] == "Ahoy matey"
    page = reviewqa("review", archive(tmp_path, row), "--rules", tmp_path / "own", "--as", "html", "--ui", "pl").stdout
    assert "Mowa piratów" in page
    assert "konsultant mówi jak pirat" in page


def test_a_charter_of_ones_own_decides_the_total(tmp_path: Path) -> None:
    charter = tmp_path / "charter.yaml"
    assert reviewqa("charter", "init", charter).returncode == 0
    assert reviewqa("charter", "check", charter).returncode == 0
    assert reviewqa("charter", "init", charter).returncode == 2, "an existing file is never overwritten"
    charter.write_text("name: one line\nlines: [{step: apologize, weight: 1}]\n", encoding="utf-8")
    done = reviewqa("review", archive(tmp_path, GOOD), "--charter", charter, "--as", "json")
    (review,) = json.loads(done.stdout)
    assert [line["id"] for line in review["total"]["lines"]] == ["step/apologize"]


def test_list_and_show_tell_every_rule() -> None:
    listed = reviewqa("rules", "list", "--ui", "pl").stdout
    assert "Przeprosiny" in listed
    shown = reviewqa("rules", "show", "agent/apology").stdout
    assert shown.count("phrases:") == 2, "one file for each language"
    assert "phrases:" not in reviewqa("rules", "show", "apologize").stdout


def test_words_shows_lemmas() -> None:
    assert "przepraszać" in reviewqa("rules", "words", "Bardzo przepraszamy").stdout
