"""The report of an archive: its numbers are those of the reviews, and the page is one file that hides nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from reviewqa.audit import AuditError
from reviewqa.audit.charts import trend
from reviewqa.audit.figures import Share, differs, figures
from reviewqa.audit.report import write_report
from reviewqa.audit.report_texts import TEXTS
from test_against import own_charter
from test_audit import lines, rows_of, run, talks
from test_cli import reviewqa

HOSTILE = '<script>alert("x")</script>\u202e'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def out(folder: Path) -> Path:
    values = talks(72)
    values[3]["meta"] = {"team": HOSTILE, "tags": HOSTILE}
    for number, value in enumerate(values):
        value["meta"]["date"] = f"2026-0{1 + number % 6}-15"
    path = lines(folder / "talks.jsonl", values)
    with path.open("ab") as more:
        more.write(b"{broken\n")
    run(folder / "out", path, part=25)
    return folder / "out"


@pytest.fixture(scope="module")
def page(out: Path, folder: Path) -> BeautifulSoup:
    write_report(out, folder / "report.html", "en")
    return BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser")


def test_the_figures_are_those_of_the_reviews(out: Path) -> None:
    made = figures(out)
    reviews, findings = rows_of(out, "reviews"), rows_of(out, "findings")
    assert made.count == 72
    scores = [row["score"] for row in reviews if row["score"] is not None]
    assert made.score.value == pytest.approx(sum(scores) / len(scores))
    assert sum(made.bins) == len(scores)
    assert made.critical.hits == sum(row["critical_failed"] for row in reviews)
    for name, (outcomes, met) in made.steps.items():
        counted = Counter(row["outcome"] for row in findings if (row["kind"], row["id"]) == ("step", name))
        assert outcomes == counted
        assert (met.hits, met.all) == (counted["met"], counted["met"] + counted["missed"])
    for name, share in made.flags.items():
        mine = [row["outcome"] for row in findings if (row["kind"], row["id"]) == ("flag", name)]
        assert (share.hits, share.all) == (mine.count("present"), 72 - mine.count("not_assessable"))
    assert {group.name: group.count for group in made.channels} == Counter(
        r["channel"] for r in reviews if r["channel"]
    )
    assert {group.name: group.count for group in made.teams} == Counter(row["team"] for row in reviews)
    assert {group.name: group.count for group in made.tags} == Counter(tag for row in reviews for tag in row["tags"])
    agents = {name: [row for row in reviews if name in row["agents"]] for row in reviews for name in row["agents"]}
    assert {group.name: group.count for group in made.agents} == {name: len(rows) for name, rows in agents.items()}
    steps = ("acknowledge", "apologize", "assess", "act", "follow_up")
    for group in made.agents:
        said = Counter(row[step] for row in agents[group.name] for step in steps)
        assert (group.steps.hits, group.steps.all) == (said["met"], said["met"] + said["missed"])
        assert group.flagged.hits == sum(bool(row["flags"]) for row in agents[group.name])
    assert sum(week.count for week in made.weeks) == sum(row["started"] is not None for row in reviews)
    assert [week.name for week in made.weeks] == sorted(week.name for week in made.weeks)


def test_the_worst_come_first_with_their_words(out: Path) -> None:
    made = figures(out)
    order = [(not shown.critical, shown.score) for shown in made.worst]
    assert order == sorted(order)
    assert all(not shown.critical for shown in made.best)
    reviews = {row["place"]: row for row in rows_of(out, "reviews")}
    for shown in (*made.worst, *made.best):
        assert shown.score == reviews[shown.place]["score"]
        lost = [line["id"] for line in reviews[shown.place]["lines"] if line["outcome"] == "missed"]
        assert {name for name, _ in shown.lost} == set(lost)
    assert any(found.words for shown in made.worst for found in shown.findings)


def test_canned_texts_are_families_digits_aside(tmp_path: Path) -> None:
    values = []
    for number in range(5):
        said = f"Thank you for contacting Green Shelf, your case number is {1000 + 37 * number}. We value you."
        turns = [{"role": "customer", "text": "Hi"}, {"role": "agent", "speaker": f"A{number % 2}", "text": said}]
        values.append({"id": str(number), "language": "en", "turns": turns})
    run(tmp_path / "out", lines(tmp_path / "canned.jsonl", values))
    (family,) = figures(tmp_path / "out").families
    assert (family.turns, family.conversations, family.agents) == (5, 5, 2)
    assert family.opening.startswith("Thank you for contacting Green Shelf, your case number is 0000")


def test_the_page_is_one_file_with_every_section(page: BeautifulSoup) -> None:
    assert not page.find_all(["script", "link", "img", "iframe"])
    assert not re.search(r"(src|href)=|url\(|@import", str(page))
    wanted = [
        "time",
        "steps",
        "spread",
        "flags",
        "channels",
        "agents",
        "teams",
        "tags",
        "worst",
        "best",
        "families",
        "unread",
    ]
    assert {section.get("id") for section in page.find_all("section")} >= set(wanted)
    assert len(page.select("svg.chart")) == 3
    assert all(chart.get("aria-label") for chart in page.select("svg.chart"))
    assert page.select("#worst q")


def test_names_from_the_archive_are_shown_and_do_nothing(page: BeautifulSoup) -> None:
    team = page.find(id="teams")
    assert team is not None
    assert '<script>alert("x")</script>⟨U+202E⟩' in team.get_text()
    assert "<script" not in str(page)


def test_the_page_is_the_same_twice_and_in_polish(out: Path, folder: Path) -> None:
    first, second = folder / "a.html", folder / "b.html"
    for path in (first, second):
        done = reviewqa("report", out, "--html", path, "--ui", "pl")
        assert done.returncode == 0, done.stderr
    text = first.read_text(encoding="utf-8")
    assert text == second.read_text(encoding="utf-8")
    assert '<html lang="pl">' in text
    words = BeautifulSoup(text, "html.parser").get_text()
    english = [said for said, polish in TEXTS.values() if len(said) > 12 and "{" not in said and said != polish]
    assert not [said for said in english if said in words]


def test_drift_is_marked_where_it_is_more_than_chance(out: Path, folder: Path, tmp_path: Path) -> None:
    import yaml

    from reviewqa.charter.model import default_path

    made = yaml.safe_load(default_path().read_text(encoding="utf-8"))["lines"]
    charter = own_charter(tmp_path, lines=[line for line in made if not line.get("critical")])
    run(tmp_path / "later", folder / "talks.jsonl", charter=charter, part=25)
    write_report(tmp_path / "later", tmp_path / "drift.html", "en", against=out)
    page = BeautifulSoup((tmp_path / "drift.html").read_text(encoding="utf-8"), "html.parser")
    rows = {row.th.get_text(): row for row in page.select("#drift tbody tr") if row.th}
    assert rows["Fail a critical line"].select(".mark")
    assert not rows["Apologize"].select(".mark")
    assert "charter" in page.select("#drift .note")[0].get_text()
    same = tmp_path / "same.html"
    write_report(out, same, "en", against=out)
    unchanged = BeautifulSoup(same.read_text(encoding="utf-8"), "html.parser")
    assert not unchanged.select("#drift .mark")


@pytest.mark.parametrize("name", ["nowhere", "unfinished"])
def test_only_finished_audits_are_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "unfinished" / ".work").mkdir(parents=True)
    done = reviewqa("report", tmp_path / name, "--html", tmp_path / "r.html")
    assert done.returncode == 2
    assert "not finished" in done.stderr or "no manifest.json" in done.stderr


def test_an_empty_archive_has_a_report_too(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{broken\n", encoding="utf-8")
    run(tmp_path / "out", path)
    write_report(tmp_path / "out", tmp_path / "r.html", "pl")
    assert "Żadna rozmowa nie ma daty" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_an_audit_of_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    run(tmp_path / "o[1]", tmp_path / "empty.jsonl")
    for ui, said in zip(("en", "pl"), TEXTS["none"], strict=True):
        done = reviewqa("report", tmp_path / "o[1]", "--html", tmp_path / "r.html", "--ui", ui)
        assert done.returncode == 0, done.stderr
        assert said in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_page_that_could_not_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="there is no folder"):
        write_report(tmp_path / "no audit either", tmp_path / "nowhere" / "r.html")


def dated(folder: Path, *dates: str) -> Path:
    values = [{**value, "meta": {"date": date}} for value, date in zip(talks(len(dates)), dates, strict=True)]
    for value in values:
        value["turns"] = [{**turn, "time": None} for turn in value["turns"]]
    run(folder / "out", lines(folder / "dated.jsonl", values), part=100)
    return folder / "out"


def test_stray_dates_are_told_and_not_drawn(tmp_path: Path) -> None:
    usual = ["2026-03-02", "2026-03-10", "2026-03-11", "2026-03-31"]
    out = dated(tmp_path, "0001-01-01", "9999-12-31", *usual * 6)
    made = figures(out)
    assert [(week.name, week.count) for week in made.weeks] == [
        ("2026-03-02", 6),
        ("2026-03-09", 12),
        ("2026-03-16", 0),
        ("2026-03-23", 0),
        ("2026-03-30", 6),
    ]
    assert made.outside == 2
    write_report(out, tmp_path / "r.html", "en")
    text = BeautifulSoup((tmp_path / "r.html").read_text(encoding="utf-8"), "html.parser").get_text()
    assert "Drawn from 2026-03-02 to 2026-03-31; conversations with other dates: 2." in text
    assert "0001-01-01" in text


@pytest.mark.parametrize(
    ("last", "names"),
    [
        ("2024-02-01", ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22", "2024-01-29"]),
        ("2026-11-30", [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)][:35]),
        ("2040-01-01", [str(year) for year in range(2024, 2041)]),
    ],
)
def test_long_archives_are_drawn_by_longer_periods(tmp_path: Path, last: str, names: list[str]) -> None:
    made = figures(dated(tmp_path, "2024-01-03", last))
    assert [week.name for week in made.weeks] == names
    assert [week.count for week in made.weeks if week.count] == [1, 1]
    assert not made.outside


def test_wilson_as_published() -> None:
    low, high = Share(8, 10).interval  # Wilson's interval of 8 of 10, as tables have it
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Share(0, 10).interval[0] == 0
    assert round(Share(0, 10).interval[1], 3) == 0.278


def test_newcombe_as_published() -> None:
    """Newcombe 1998, example (a): 56 of 70 against 48 of 80, difference 0.2, interval 0.0524 to 0.3339."""
    assert differs(Share(48, 80), Share(56, 70))
    assert differs(Share(9, 10), Share(3, 10))
    assert not differs(Share(5, 10), Share(6, 10))


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share(hits: int, others: int) -> None:
    share = Share(hits, hits + others)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    assert share.value is None or low - 1e-9 <= share.value <= high + 1e-9


def test_one_case_is_a_ring_without_a_band() -> None:
    bands = [(10.0, 30.0), (15.0, 25.0), None, (40.0, 40.0), None, (20.0, 60.0)]
    drawn = BeautifulSoup(
        str(trend(list("abcdef"), [20, 20, 90, 40, None, 40], bands, [9, 9, 1, 2, 0, 3], "")), "html.parser"
    )
    assert [ring.get_text() for ring in drawn.select(".lone")] == ["c: 90", "d: 40"]
    corners = [len(str(band["points"]).split()) for band in drawn.select(".band")]
    assert corners == [4, 4]
    assert len(drawn.select(".volume")) == 5
    assert [len(str(line["points"]).split()) for line in drawn.select(".line")] == [2, 1]


def test_the_axis_holds_every_band() -> None:
    drawn = str(trend(["a", "b"], [10.0, 10.0], [(5.0, 15.0), (0.0, 79.0)], [50, 1], ""))
    heights = {
        float(point.split(",")[1]) for found in re.findall(r'points="([^"]+)"', drawn) for point in found.split()
    }
    assert len(heights) == 5
    labels = [float(text) for text in re.findall(r'class="end"[^>]*>([\d.]+)<', drawn)]
    assert max(labels) >= 79


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=200))
def test_charts_draw_any_values(values: list[float | None]) -> None:
    bands: list[tuple[float, float] | None] = [None if value is None else (value - 1, value + 1) for value in values]
    labels = [f"<{number}>" for number in range(len(values))]
    drawn = BeautifulSoup(str(trend(labels, values, bands, [7] * len(values), 'a "chart"')), "html.parser")
    assert "nan" not in str(drawn)
    numbers: list[Any] = [json.loads(found) for found in re.findall(r'(?:x|y|cx|cy)="(-?[\d.]+)"', str(drawn))]
    assert all(-1 <= number <= 861 for number in numbers)
