"""The generated pages of rules and cues."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders import rules, write
from reviewqa.errors import ReviewqaError
from reviewqa.rules.loader import load_rules
from reviewqa.writers.rule_pages import INDEX, MADE, pages, write_pages

PAGES = Path(__file__).parents[1] / "docs" / "rules"
CUE = 'means: "<b>bold</b> | *x*"\nonly: "a [reason](x)"\nphrases: ["{0}"]\nexamples: {{match: ["It is {0}. ```"]}}\n'


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages(load_rules())


def test_every_rule_and_cue_has_a_page_that_the_index_leads_to(made: dict[str, str]) -> None:
    pack = load_rules()
    wanted = {f"cues/{cue}.md" for cues in pack.cues.values() for cue in cues}
    wanted |= {f"steps/{name}.md" for name in pack.steps} | {f"situations/{name}.md" for name in pack.situations}
    wanted |= {f"anti_patterns/{name}.md" for name in pack.anti_patterns}
    assert set(made) == wanted | {INDEX}
    assert set(re.findall(r"\]\(([a-z_/]+\.md)\)", made[INDEX])) == wanted


def test_the_committed_pages_are_current(made: dict[str, str]) -> None:
    there = {path.relative_to(PAGES).as_posix(): path.read_text(encoding="utf-8") for path in PAGES.rglob("*.md")}
    old = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    assert not old, f"docs/rules is not current ({len(old)} pages, such as {old[0]}); run: make docs"


def test_links_lead_to_pages(made: dict[str, str]) -> None:
    for name, text in made.items():
        for link in re.findall(r"\]\(([\w./-]+)\)", text):
            target = (Path("docs/rules") / name).parent / link
            inside = Path(*_resolved(target))
            assert inside.is_relative_to("docs"), (name, link)
            if inside.is_relative_to("docs/rules"):
                assert inside.relative_to("docs/rules").as_posix() in made, (name, link)


def _resolved(path: Path) -> list[str]:
    parts: list[str] = []
    for part in path.parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return parts


def test_pages_show_what_the_file_holds_in_both_languages(made: dict[str, str]) -> None:
    page = made["cues/agent/apology.md"]
    assert "(przykro|głupio|wstyd) (mi|nam)" in page
    assert "Bardzo [[przepraszamy Państwa za]] opóźnienie." in page
    assert "Must not fire · Nie może zadziałać" in page
    assert "[apologize](../../steps/apologize.md)" in page
    assert "Severity · Waga: major · poważne" in made["anti_patterns/broken_promises.md"]
    step = made["steps/apologize.md"]
    assert "Umiejętności do ćwiczenia: empathy · empatia" in step
    assert step.splitlines()[1] == "# Apologize · Przeprosiny"
    assert "[agent/apology](../cues/agent/apology.md)" in step
    assert "customer: " in step


def test_texts_are_texts(tmp_path: Path) -> None:
    made = pages(rules(write(tmp_path, {"cues/en/agent/odd.yaml": CUE.format("odd")})))
    page = made["cues/agent/odd.md"]
    assert r"\<b\>bold\</b\> \| \*x\*" in page
    assert r"a \[reason\](x)" in page
    assert "````text\nIt is odd. ```\n````" in page


def test_pages_of_a_team_lead_nowhere_else_and_do_not_tell_where_it_keeps_them(tmp_path: Path) -> None:
    team = write(tmp_path / "team", {"cues/en/agent/odd.yaml": CUE.format("odd")})
    write_pages(rules(team), tmp_path / "pages")
    assert "](../" not in (tmp_path / "pages" / INDEX).read_text(encoding="utf-8")
    page = (tmp_path / "pages" / "cues/agent/odd.md").read_text(encoding="utf-8")
    assert "Source · Źródło: `team/cues/en/agent/odd.yaml`" in page


def test_pages_are_renewed_and_removed_and_others_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "pages"
    one = rules(write(tmp_path / "one", {"cues/en/agent/odd.yaml": CUE.format("odd")}))
    assert write_pages(one, out)[0] == len(pages(one))
    assert write_pages(one, out) == (0, 0)
    (out / "mine.md").write_text("my own notes\n", encoding="utf-8")
    two = rules(write(tmp_path / "two", {"cues/en/agent/blue.yaml": CUE.format("navy")}))
    changed, gone = write_pages(two, out)
    assert gone == 1
    assert 0 < changed < len(pages(two))
    assert not (out / "cues/agent/odd.md").exists()
    assert (out / "mine.md").read_text(encoding="utf-8") == "my own notes\n"
    (out / INDEX).write_text("my own index\n", encoding="utf-8")
    with pytest.raises(ReviewqaError, match="was not made by"):
        write_pages(two, out)
    with pytest.raises(ReviewqaError, match="cannot be written"):
        write_pages(two, tmp_path / "two" / "cues" / "en" / "agent" / "blue.yaml")
    assert (out / "cues/agent/blue.md").read_text(encoding="utf-8").startswith(MADE)
