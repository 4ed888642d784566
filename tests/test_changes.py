"""A backtest: what another set of rules changes in an archive, in every face."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from builders import PACK, package_rules, rules, talk, write
from reviewqa.conversation import Conversation
from reviewqa.errors import ReviewqaError
from reviewqa.reviewer import Reviewer
from reviewqa.rules.changes import Changes, Difference, difference
from reviewqa.writers.changes import MANY, Versions, write_changes
from reviewqa.writers.texts import Texts
from test_cli import GOOD, archive, reviewqa

CUE = 'means: m\nonly: made up\nphrases: ["{0}"]\nexamples: {{match: ["It is {0}."]}}\n'
FLAG = (
    (PACK / "anti_patterns" / "red_alert.yaml").read_text(encoding="utf-8").replace("unless: {cue: agent/green}\n", "")
)
GREENISH = FLAG.replace("agent/blue, after: {cue: customer/red}", "agent/green")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Reviewer, Reviewer]:
    """The test pack; and one in which blue is no longer said by "blue" but by "navy", with one more flag."""
    folder = write(
        tmp_path_factory.mktemp("new"),
        {
            "cues/en/agent/blue.yaml": CUE.format("navy"),
            "anti_patterns/greenish.yaml": GREENISH,
        },
    )
    with package_rules(PACK):
        return Reviewer(rules=rules()), Reviewer(rules=rules(folder))


def compared(both: tuple[Reviewer, Reviewer], *talks: Conversation) -> Iterator[tuple[Conversation, Difference]]:
    old, new = both
    for one in talks:
        yield one, difference(old.review(one), new.review(one), old.rules, new.rules)


def written(both: tuple[Reviewer, Reviewer], as_: str, *talks: Conversation, ui: str = "en") -> tuple[str, Changes]:
    out = io.StringIO()
    counts = write_changes(compared(both, *talks), as_, out, Texts(ui), Versions("o", "n"))
    return out.getvalue(), counts


BLUE = talk(("c", "It is red."), ("a", "It is blue, madam."), id="blue", language="en")
NAVY = talk(("c", "It is red."), ("a", "It is blue and navy, and green."), id="navy", language="en")
GREY = talk(("c", "It is red."), ("a", "It is grey."), id="grey", language="en")


def test_verdicts_and_words_that_change_are_told_apart(both: tuple[Reviewer, Reviewer]) -> None:
    (_, blue), (_, navy), (_, grey) = compared(both, BLUE, NAVY, GREY)
    assert [(c.rule, c.kind, c.old.outcome, c.new.outcome) for c in blue.changes] == [
        ("act", "step", "met", "missed"),
        ("red_alert", "flag", "present", "absent"),
    ]
    assert [[e.text for e in side.evidence] for side in (blue.changes[0].old, blue.changes[0].new)] == [["blue"], []]
    assert [(c.rule, c.old.outcome, c.new.outcome) for c in navy.changes] == [("greenish", "", "present")]
    assert navy.other_words == ("act",)
    assert (grey.changes, grey.other_words) == ((), ()), "a flag that is new and absent changes nothing"


@pytest.mark.parametrize(
    ("as_", "ui", "said"),
    [
        ("terminal", "en", "red_alert: present (critical) → present (minor)"),
        ("terminal", "pl", "red_alert: występuje (krytyczne) → występuje (drobne)"),
        ("html", "en", '<b class="present">present (minor)</b>'),
        ("html", "pl", "<td>występuje (krytyczne) → występuje (drobne)</td>"),
        ("json", "en", '"severity": {"old": "critical", "new": "minor"}, "conversations": 1'),
    ],
)
def test_another_severity_is_a_change(tmp_path: Path, as_: str, ui: str, said: str) -> None:
    rule = (PACK / "anti_patterns" / "red_alert.yaml").read_text(encoding="utf-8")
    folder = write(tmp_path, {"anti_patterns/red_alert.yaml": rule.replace("severity: critical", "severity: minor")})
    both = Reviewer(rules=rules()), Reviewer(rules=rules(folder))
    text, counts = written(both, as_, BLUE, NAVY, GREY, ui=ui)
    assert counts.changed == 1, "a flag that is not there has no severity"
    assert said in text.replace("Red alert", "red_alert").replace("Czerwony alarm", "red_alert")


def test_json_holds_the_changed_conversations_and_the_counts(both: tuple[Reviewer, Reviewer]) -> None:
    text, counts = written(both, "json", BLUE, NAVY, GREY)
    told = json.loads(text)
    assert [item["conversation_id"] for item in told["conversations"]] == ["blue", "navy"]
    assert told["conversations"][0]["changes"][0]["old"]["evidence"][0]["text"] == "blue"
    assert (told["reviewed"], told["changed"]) == (3, 2) == (counts.conversations, counts.changed)
    severity = {"old": None, "new": "critical"}
    assert {"rule": "greenish", "old": None, "new": "present", "severity": severity, "conversations": 1} in told[
        "rules"
    ]
    assert told["other_words"] == {"act": 1}
    assert told["versions"] == {"old": "o", "new": "n"}


def test_the_counts_come_out_in_one_order(both: tuple[Reviewer, Reviewer]) -> None:
    _, one = written(both, "json", BLUE, NAVY, BLUE)
    _, other = written(both, "json", NAVY, BLUE, BLUE)
    assert one.ordered() == other.ordered()
    assert one.ordered()[0][3] == 2


@pytest.mark.parametrize("as_", ["terminal", "json", "html"])
def test_nothing_changes_under_the_same_rules(both: tuple[Reviewer, Reviewer], as_: str) -> None:
    text, counts = written((both[0], both[0]), as_, BLUE, NAVY)
    assert counts.changed == 0
    assert ("No verdict changes." in text) is (as_ != "json")
    assert written((both[0], both[0]), as_)[1].conversations == 0


def test_the_page_stands_alone_and_shows_both_sides(both: tuple[Reviewer, Reviewer]) -> None:
    hostile = talk(("c", "red <script>alert(1)</script>"), ("a", "blue <img src=x>"), id="<b>", language="en")
    text, _ = written(both, "html", hostile, NAVY)
    page = BeautifulSoup(text, "html.parser")
    assert not page.select("script, img, link[href], [src]")
    assert len(page.select("main > section")) == 3, "the counts, and two conversations"
    assert [mark["class"] for mark in page.select("#c1 mark")] == [["old"]]
    assert [mark["class"] for mark in page.select("#c2 mark")] == [["new"]]
    targets = {tag["id"] for tag in page.select("[id]")}
    assert {str(a["href"])[1:] for a in page.select("a")} <= targets
    polish, _ = written(both, "html", NAVY, ui="pl")
    assert "Próba reguł na archiwum" in polish


def test_the_terminal_is_not_flooded(both: tuple[Reviewer, Reviewer]) -> None:
    text, counts = written(both, "terminal", *[BLUE.model_copy(update={"id": f"b{n}"}) for n in range(MANY + 3)])
    assert counts.changed == MANY + 3
    assert text.count("Old rules: turn 2 “blue” [agent/blue]") == 2 * MANY
    assert "... and 3 more" in text


def test_an_unknown_face_is_refused() -> None:
    with pytest.raises(ReviewqaError, match="has to be terminal, json, html"):
        write_changes([], "csv", io.StringIO(), Texts(), Versions("o", "n"))


def test_the_command(tmp_path: Path) -> None:
    path = archive(tmp_path, GOOD, "{broken")
    new = write(tmp_path / "new", {"cues/en/agent/apology.yaml": CUE.format("never said")})
    gates: list[list[str]] = [[], ["--fail-on-change"]]
    runs = [reviewqa("rules", "backtest", path, "--rules", new, "--as", "json", *gate) for gate in gates]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].returncode == 1, "a record could not be read"
    assert runs[1].returncode == 3, "that does not hide that a verdict changes"
    assert f"{path}:2" in runs[0].stderr
    told = json.loads(runs[0].stdout)
    none = {"old": None, "new": None}
    wanted = {"rule": "apologize", "old": "met", "new": "missed", "severity": none, "conversations": 1}
    assert wanted in told["rules"]


def test_the_command_where_nothing_changes_and_where_nothing_can_be_done(tmp_path: Path) -> None:
    path = archive(tmp_path, GOOD)
    new = write(tmp_path / "new", {"cues/en/agent/apology.yaml": CUE.format("never said")})
    same = reviewqa("rules", "backtest", path, "--rules", new, "--against", new, "--fail-on-change")
    assert (same.returncode, "No verdict changes." in same.stdout) == (0, True)
    assert reviewqa("rules", "backtest", path, "--rules", tmp_path / "none").returncode == 2
    assert reviewqa("rules", "backtest", tmp_path / "none.jsonl", "--rules", new).returncode == 2
