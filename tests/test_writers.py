"""The writers: what stands in a review is shown, all of it, in place, in both languages, whatever people wrote."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from bs4.element import Tag
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from builders import talk as talk_of
from reviewqa.charter.total import ABSENT, ENOUGH, IN_TIME, NO_VALUE, PRESENT, TOO_LATE, TOO_LOW
from reviewqa.conversation import Conversation, Turn, agent_name
from reviewqa.errors import ReviewqaError
from reviewqa.indicators import INDICATORS, times
from reviewqa.language.detect import detect
from reviewqa.models import mood, scorer
from reviewqa.review import (
    SCORES,
    STEPS,
    Evidence,
    Flag,
    NotAssessable,
    Review,
    Score,
    StepResult,
    Total,
    TotalLine,
    TurnScore,
    Versions,
)
from reviewqa.reviewer import Reviewer
from reviewqa.writers import FACES, Texts, html, write
from reviewqa.writers.display import one_line, visible
from reviewqa.writers.html import LONGEST_TURN, MANY
from reviewqa.writers.tally import Tally
from reviewqa.writers.texts import LABELS, MESSAGES, TITLES

START = datetime(2026, 3, 12, 11, 4, tzinfo=UTC)
ROLES = ("customer", "agent", "customer", "agent")
WORDS = ("Gdzie jest paczka?", "Przepraszam za zwłokę, już sprawdzam.", "Czekam godzinę!", "Paczka jest w drodze.")
Span = tuple[int, int, int]


def conversation(texts: Iterable[str] = WORDS, name: str = "polka-1", **fields: object) -> Conversation:
    turns = tuple(
        Turn(role=role, speaker="Anna" if role == "agent" else None, text=text, time=START + timedelta(seconds=40 * n))
        for n, (role, text) in enumerate(zip(itertools.cycle(ROLES), texts, strict=False))
    )
    return Conversation(id=name, turns=turns, channel="chat", **fields)


def evidence(of: Conversation, turn: int, start: int, end: int, gap_s: float | None = None) -> Evidence:
    said = of.turns[turn]
    agent = agent_name(said) if said.role == "agent" else None
    return Evidence(turn=turn, start=start, end=end, text=said.text[start:end], cue="agent/c", agent=agent, gap_s=gap_s)


def review(
    of: Conversation,
    step: Iterable[Span] = (),
    flag: Iterable[Span] = (),
    score: float | None = 82.5,
    critical: bool = False,
    trigger: int | None = 0,
) -> Review:
    """``step`` is the evidence of a met step, ``flag`` that of a flag; one step is missed, one is not applicable."""
    met = tuple(evidence(of, *span) for span in step)
    found = tuple(evidence(of, *span, gap_s=843.0) for span in flag)
    steps = {name: StepResult(outcome="met", reason="heard", evidence=met[:3]) for name in STEPS}
    steps["act"] = StepResult(outcome="missed", reason="nothing is done", trigger=trigger, searched=(1, 3))
    steps["assess"] = StepResult(outcome="not_applicable", reason="no need")
    steps["follow_up"] = StepResult(outcome="cannot_tell", reason="no readable text")
    agents = [n for n, turn in enumerate(of.turns) if turn.role == "agent"]
    turns = tuple(TurnScore(turn=n, value=0.31, because=(("przep…", -0.4), ("proszę", 0.2))) for n in agents)
    values = dict.fromkeys(INDICATORS) | {"first_response_s": 75.0, "handovers_s": 30.0}
    lines = (
        TotalLine(id="step/act", outcome="missed", weight=25, critical=False, points=0, because="nothing is done"),
        TotalLine(id="flag/red_alert", outcome="missed", weight=5, critical=critical, points=0, because=PRESENT),
        TotalLine(id="score/empathy", outcome="met", weight=5, critical=False, points=5, because=ENOUGH),
        TotalLine(id="step/assess", outcome="not_applicable", weight=5, critical=False, points=None, because="no need"),
    )
    return Review(
        conversation_id=of.id,
        language="pl",
        channel="chat",
        agents=of.agents,
        steps=steps,
        flags=(Flag(id="red_alert", severity="critical", reason="harsh", evidence=found),) if found else (),
        not_assessable=(NotAssessable(id="waiting_s", reason=times.NO_QUEUE),),
        scores={name: Score(value=0.31 if turns else None, turns=turns) for name in SCORES},
        indicators=values,
        total=Total(score=score, critical_failed=critical, lines=lines),
        versions=Versions(package="0", rules="r", charter="c", models="m"),
    )


def written(pairs: Iterable[tuple[Conversation, Review]], as_: str, ui: str = "en", full: bool = False) -> str:
    out = io.StringIO()
    write(pairs, as_, out, Texts(ui), full=full)
    return out.getvalue()


def page(of: Conversation, made: Review, ui: str = "en") -> BeautifulSoup:
    return parsed(written([(of, made)], "html", ui))


def parsed(text: str) -> BeautifulSoup:
    """The page as it stands; BeautifulSoup on its own makes runs of spaces one."""
    return BeautifulSoup(text, "html.parser", preserve_whitespace_tags={"html"})


def one(soup: BeautifulSoup, selector: str) -> Tag:
    (found,) = soup.select(selector)
    return found


def many(count: int) -> list[tuple[Conversation, Review]]:
    found = []
    for number in range(count):
        talk = conversation(name=f"talk-{number}")
        flag = [(2, 0, 7)] if number % 3 == 0 else []
        found.append((talk, review(talk, [(1, 0, 11)], flag, score=float(number), critical=number == 7)))
    return found


# Texts


def test_every_fixed_text_is_in_both_languages_with_the_same_values() -> None:
    for key, (english, polish) in LABELS.items():
        forms = [(text,) if isinstance(text, str) else text for text in (english, polish)]
        assert all(text.strip() for side in forms for text in side), key
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for side in forms for text in side}) == 1, key
        if not isinstance(english, str) or not isinstance(polish, str):
            assert not isinstance(english, str) or not isinstance(polish, str), key
            assert len(forms[1]) in (1, 3), key
            assert len(forms[0]) in (1, 2), key


def test_the_taxonomys_names_are_there() -> None:
    assert set(STEPS) | set(SCORES) | set(INDICATORS) | set(mood.MOODS) < set(TITLES)
    assert Texts("pl").title("lights_on_no_one_home") == "Światła zapalone, nikogo nie ma w domu"
    assert Texts("pl", titles={"act": ("Do", "Zrób")}).title("act") == "Zrób"
    assert Texts().title("time_to_smile_s") == "Time to smile"
    assert Texts("pl").line("flag/red_alert") == "Bez: Czerwony alarm"


def test_what_other_rooms_say_is_translated() -> None:
    said = [PRESENT, ABSENT, ENOUGH, TOO_LOW, IN_TIME, TOO_LATE, NO_VALUE]
    said += [times.NO_TIMES, times.NO_RESPONSE, times.NO_QUEUE, times.NOT_SETTLED, scorer.NO_TURNS]
    said += [mood.NO_MOOD, mood.ONE_TURN]
    said += [detect(None, ["..."]).reason]
    assert [message for message in said if message not in MESSAGES] == []
    assert "de" in Texts("pl").say(detect("de", []).reason)
    assert Texts("pl").say(detect("de", []).reason) != detect("de", []).reason
    assert Texts("pl", messages={"heard": "usłyszano"}).say("heard") == "usłyszano"
    assert Texts("en", messages={"heard": "usłyszano"}).say("heard") == "heard"
    assert Texts("pl").say("something new") == "something new"


@pytest.mark.parametrize(
    ("count", "english", "polish"),
    [
        (0, "0 conversations", "0 rozmów"),
        (1, "1 conversation", "1 rozmowa"),
        (3, "3 conversations", "3 rozmowy"),
        (12, "12 conversations", "12 rozmów"),
        (22, "22 conversations", "22 rozmowy"),
        (112, "112 conversations", "112 rozmów"),
    ],
)
def test_plural_forms(count: int, english: str, polish: str) -> None:
    assert Texts("en").label("conversations", n=count) == english
    assert Texts("pl").label("conversations", n=count) == polish


@pytest.mark.parametrize(
    ("seconds", "english", "polish"),
    [
        (None, "–", "–"),
        (0.0, "0 s", "0 s"),
        (0.84, "0.8 s", "0,8 s"),
        (9.96, "10 s", "10 s"),
        (75, "1 min 15 s", "1 min 15 s"),
        (3599.7, "1 h", "1 godz."),
        (3720, "1 h 2 min", "1 godz. 2 min"),
        (86399, "1 day", "1 dzień"),
        (2 * 86400 + 3 * 3600 + 1, "2 days 3 h", "2 dni 3 godz."),
        (86400 * 30, "30 days", "30 dni"),
    ],
)
def test_durations(seconds: float | None, english: str, polish: str) -> None:
    assert Texts("en").duration(seconds) == english
    assert Texts("pl").duration(seconds) == polish


def test_numbers() -> None:
    assert Texts("pl").number(0.5) == "0,50"
    assert [Texts().points(value) for value in (100.0, 66.67, 0.0, 7.5, None)] == ["100", "66.7", "0", "7.5", "–"]
    assert Texts().percent(0.666) == "67%"


def test_an_unknown_language_or_face_is_refused() -> None:
    with pytest.raises(ReviewqaError, match="en or pl"):
        Texts("de")
    with pytest.raises(ReviewqaError, match=FACES[0]):
        write([], "xml", io.StringIO())


# Text that is not meant well


def test_hidden_characters_are_shown() -> None:
    assert visible("a\r\nb\tc\x1b[31m\x00\x7f") == "a\nb\tc␛[31m␀␡"
    assert visible("x\u202ey\u200bz\u2028") == "x⟨U+202E⟩y⟨U+200B⟩z⟨U+2028⟩"
    assert visible("👩\u200d👧 zażółć ﷽") == "👩\u200d👧 zażółć ﷽"
    assert one_line(" a\n\n b ", 10) == "a b"
    assert one_line("a" * 1_000_000, 10) == "a" * 9 + "…"


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "</div></li></ol><script>alert(1)</script>",
            "\"'><img src=x onerror=alert(1)>",
            "<!--",
            "]]> &amp; &lt;b&gt; {{ 7 * 7 }} {% raw %}",
            "\x00\x1b[2J\u202eabc\r\n\r\t",
            "</textarea></title></style>",
        ]
    ),
)
LIMITS = settings(
    max_examples=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],  # no explaining: it traces every line
    suppress_health_check=[HealthCheck.too_slow],
)


@st.composite
def reviewed(draw: st.DrawFn) -> tuple[Conversation, Review]:
    texts = draw(st.lists(HOSTILE, min_size=1, max_size=6))
    talk = conversation(texts, name=draw(HOSTILE) or "x")
    spans = st.integers(0, len(texts) - 1).flatmap(
        lambda turn: st.lists(st.integers(0, len(texts[turn])), min_size=2, max_size=2).map(
            lambda edges: (turn, min(edges), max(edges))
        )
    )
    return talk, review(talk, draw(st.lists(spans, max_size=3)), draw(st.lists(spans, max_size=3)))


def check_page(talk: Conversation, made: Review, soup: BeautifulSoup) -> None:
    """Every text stands as it was said, every evidence is marked where it stands, and links lead both ways."""
    shown = soup.select(".transcript .turn .text")
    assert len(shown) == len(talk.turns)
    ids = [str(tag["id"]) for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert [a["href"] for a in soup.select("a[href]") if str(a["href"])[1:] not in ids] == []
    every = [e for result in (*made.steps.values(), *made.flags) for e in result.evidence]
    quotes = soup.select("li.quote")
    assert len(quotes) == len(every)
    split = any("\r\n" in turn.text for turn in talk.turns)  # evidence may end between the two
    for turn, tag in zip(talk.turns, shown, strict=True):
        assert split or tag.get_text() == visible(turn.text)
    for number, (e, quote) in enumerate(zip(every, quotes, strict=True), 1):
        own = [mark for mark in soup.select("mark") if str(number) in str(mark["data-e"]).split()]
        assert "".join(mark.get_text() for mark in own) == visible(e.text) or split
        target = one(soup, f'[id="{str(one_of(quote, "a.num")["href"])[1:]}"]')
        back = soup.select(f'.transcript a[href="#{quote["id"]}"]')
        assert len(back) == 1
        if e.text:
            assert target is own[0]
            assert all("title" in mark.attrs for mark in own)
        else:
            assert own == []
            assert target["id"] == f"c1-t{e.turn + 1}"
        assert (one_of(quote, "q").get_text() if e.text else "") == visible(e.text)


def one_of(tag: Tag, selector: str) -> Tag:
    (found,) = tag.select(selector)
    return found


@LIMITS
@given(reviewed())
def test_arbitrary_text_never_breaks_the_page(pair: tuple[Conversation, Review]) -> None:
    talk, made = pair
    soup = page(talk, made)
    check_page(talk, made, soup)
    assert len(soup.select("script")) == 1
    assert soup.select("img, iframe, link, object, embed, base, [onerror], [onclick], [style]") == []
    assert len(soup.select("html > body > main > section")) == 3
    assert one(soup, ".conversation h3").get_text() == visible(talk.id)


@LIMITS
@given(reviewed(), st.sampled_from(["en", "pl"]))
def test_plain_terminal_output_fits_and_holds_no_controls(pair: tuple[Conversation, Review], ui: str) -> None:
    text = written([pair, pair], "terminal", ui)
    assert [line for line in text.split("\n") if cell_len(line) > 80] == []
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text) == []
    assert text == written([pair, pair], "terminal", ui)


@LIMITS
@given(reviewed())
def test_json_lines_come_back_as_they_were(pair: tuple[Conversation, Review]) -> None:
    text = written([pair, pair], "jsonl")
    assert len(text.splitlines()) == 2
    assert [Review.model_validate_json(line) for line in text.splitlines()] == [pair[1]] * 2
    listed = json.loads(written([pair, pair], "json"))
    assert listed == [pair[1].model_dump(mode="json")] * 2
    assert [list(item) for item in listed] == [list(Review.model_fields)] * 2


def test_json_is_compact_and_keeps_letters_and_nulls() -> None:
    talk = conversation(name="zażółć")
    text = written([(talk, review(talk))], "jsonl", "pl")
    assert text.startswith('{"conversation_id":"zażółć","language":"pl",')
    assert '"sales":null' in text
    assert written([], "jsonl") == ""
    assert json.loads(written([], "json")) == []


def test_json_lines_are_written_as_they_come() -> None:
    out, seen = io.StringIO(), []

    def pairs() -> Iterable[tuple[Conversation, Review]]:
        for pair in many(3):
            seen.append(out.getvalue().count("\n"))
            yield pair

    write(pairs(), "jsonl", out)
    assert seen == [0, 1, 2]


# The page


def test_overlapping_evidence_is_split_and_linked_to_every_verdict() -> None:
    talk = conversation()
    made = review(talk, [(1, 0, 21), (1, 12, 28)], [(1, 0, 37), (2, 0, 7)])
    soup = page(talk, made)
    check_page(talk, made, soup)
    marks = soup.select("#c1-t2 mark")
    assert [mark.get_text() for mark in marks] == ["Przepraszam ", "za zwłokę", ", już s", "prawdzam."]
    assert [len(str(mark["data-e"]).split()) for mark in marks] == [3, 5, 3, 1]  # two steps are met by the same words
    assert "Apologize (met)" in str(marks[0]["title"])
    assert "Red alert" in str(marks[0]["title"])


def test_a_missed_step_leads_to_the_turn_that_called_for_it_and_back() -> None:
    talk = conversation()
    soup = page(talk, review(talk))
    missed = one(soup, ".verdict.missed")
    assert one_of(missed, "a")["href"] == "#c1-t1"
    assert one(soup, "#c1-t1 .chip")["href"] == f"#{missed['id']}"


def test_a_page_says_everything_that_the_review_says() -> None:
    talk = conversation()
    soup = page(talk, review(talk, [(1, 0, 11)], [(2, 0, 7)], critical=True))
    text = soup.get_text(" ")
    for said in ("Critical failure", "82.5", "1 min 15 s", "Handovers", "waited 14 min 3 s", "0 of 25", "not counted"):
        assert said in text
    assert times.NO_QUEUE in text
    assert "11:04:40" in text
    assert one(soup, "#c1-t2")["class"] == ["turn", "agent", "p1"]
    assert "Politeness 0.31" in one(soup, "#c1-t2").get_text(" ")


@pytest.mark.parametrize(("ui", "why"), [("en", "– no words to score"), ("pl", "– brak słów do oceny")])
def test_an_agents_turn_without_a_score_says_why(ui: str, why: str, reviewer: Reviewer) -> None:
    talk = talk_of(("c", "Where is my parcel? It is late."), ("a", "It left today."), ("a", "👍"), language="en")
    out = io.StringIO()
    write([(talk, reviewer.review(talk))], "html", out, Texts(ui))
    for tone in parsed(out.getvalue()).select(".tone"):
        scored, wordless = tone.select("tbody tr")
        assert why.split(" ", 1)[1] not in scored.get_text(" ")
        assert wordless.get_text(" ", strip=True).endswith(why)
        assert one_of(wordless, "a")["href"] == "#c1-t3"


def test_the_words_that_made_a_learned_cue_stand_under_its_quote() -> None:
    talk = conversation()
    made = review(talk, [(1, 0, 11)], [])
    step = next(iter(made.steps))
    why = [item.model_copy(update={"because": (("<b>eyes", 2.31),)}) for item in made.steps[step].evidence]
    steps = {**made.steps, step: made.steps[step].model_copy(update={"evidence": tuple(why)})}
    quote = page(talk, made.model_copy(update={"steps": steps})).select("li.quote")[0]
    assert one_of(quote, ".moved").get_text(" ", strip=True) == "<b>eyes +2.31"


def test_the_same_input_gives_the_same_bytes() -> None:
    for face in FACES:
        assert written(many(25), face, "pl") == written(many(25), face, "pl")


def test_nothing_is_fetched() -> None:
    text = written(many(2), "html")
    soup = parsed(text)
    assert [a["href"] for a in soup.select("[href]") if not str(a["href"]).startswith("#")] == []
    assert soup.select("[src]") == []
    assert re.findall(r"https?://|@import|url\(", text) == []
    assert "default-src 'none'" in str(one(soup, "meta[http-equiv]")["content"])


def test_the_table_sorts_by_buttons_and_every_mark_has_a_word() -> None:
    soup = parsed(written(many(3), "html"))
    heads = soup.select(".overview thead th")
    assert len(heads) == 4 + 1 + 5 + 4
    assert all(len(head.select("button")) == 1 for head in heads)
    assert [cell.get_text() for cell in soup.select(".overview tbody tr")[0].select("td.c")] == [
        "✔met", "✔met", "–not applicable", "✘missed", "?cannot tell",
    ]  # fmt: skip
    assert [row["data-flags"] for row in soup.select(".overview tbody tr")] == ["0", "", ""]


def test_many_conversations_start_closed() -> None:
    assert len(parsed(written(many(MANY), "html")).select(".conversation[open]")) == MANY
    assert parsed(written(many(MANY + 1), "html")).select(".conversation[open]") == []


def english_texts() -> list[tuple[str, str]]:
    found = []
    for key, (english, polish) in LABELS.items():
        if english == polish:
            continue
        for text in (english,) if isinstance(english, str) else english:
            fixed = max((part.strip(" :,") for part in re.split(r"{\w+}", text)), key=len)
            if len(fixed) > 2:
                found.append((key, fixed))
    return found


@pytest.mark.parametrize("face", ["html", "terminal"])
def test_the_polish_report_holds_no_english(face: str) -> None:
    talk = conversation(["Dzień dobry"] * 4 + ["x" * (LONGEST_TURN + 1)])
    said = {"heard": "usłyszano", "harsh": "szorstki", "nothing is done": "nic nie zrobiono", "no need": "zbędne"}
    made = review(talk, [(1, 0, 5)], [(2, 0, 5)], critical=True)
    out = io.StringIO()
    write([(talk, made), (talk, review(talk))], face, out, Texts("pl", titles={"handovers_s": ("", "")}, messages=said))
    text = out.getvalue()
    if face == "html":
        soup = parsed(text)
        assert one(soup, "html")["lang"] == "pl"
        attributes = [str(v) for tag in soup.select("*") for k, v in tag.attrs.items() if k in ("title", "aria-label")]
        for tag in soup.select("script, style, .cue"):
            tag.decompose()
        text = soup.get_text(" ") + " ".join(attributes)
    found = [item for item in english_texts() if re.search(rf"\b{re.escape(item[1])}\b", text, re.IGNORECASE)]
    polish = {word.lower() for _, side in LABELS.values() for word in re.findall(r"\w+", str(side))}
    assert [item for item in found if not set(re.findall(r"\w+", item[1].lower())) <= polish] == []
    titles = [english for english, polish_title in TITLES.values() if english in text and english not in polish_title]
    assert titles == []


def test_a_very_long_turn_is_cut_and_its_evidence_still_quoted() -> None:
    text = "a" * LONGEST_TURN + "b" * 980_000
    talk = conversation(["Halo?", text])
    across, beyond = (1, LONGEST_TURN - 5, LONGEST_TURN + 5), (1, 900_000, 900_010)
    written_page = written([(talk, review(talk, [across], [beyond]))], "html")
    soup = parsed(written_page)
    assert len(written_page) < 200_000
    assert [mark.get_text() for mark in soup.select("mark")] == ["aaaaa"]
    assert soup.select("li.quote q")[0].get_text() == "aaaaabbbbb"
    assert soup.select("li.quote q")[-1].get_text() == "b" * 10
    assert soup.select("li.quote .num")[-1]["href"] == "#c1-t2"
    assert f"{LONGEST_TURN} of 1000000" in one(soup, ".note").get_text()


def test_a_conversation_without_turns_and_a_report_without_conversations() -> None:
    talk = Conversation(id="empty", turns=())
    assert "no turns" in page(talk, review(talk, trigger=None)).get_text()
    assert "no agent answered" in written([(talk, review(talk, trigger=None))], "terminal")
    for face in ("html", "terminal"):
        assert "no conversations" in written([], face)


def test_a_big_report_stays_small() -> None:
    talk = conversation(["Dzień dobry, piszę w sprawie zamówienia, które miało przyjść wczoraj. " * 2] * 16)
    made = review(talk, [(1, 0, 40), (3, 5, 60), (5, 0, 9)], [(2, 0, 30), (4, 3, 50)])
    assert len(written([(talk, made)] * 186, "html").encode()) < 6_000_000


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_have_the_contrast_of_wcag_aa() -> None:
    css = html.resource("report.css")
    blocks = re.findall(r":root {(.*?)}", css, re.DOTALL)
    schemes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]
    texts = ("ink", "muted", "link", "good", "bad", "warn")
    pairs = [(text, ground) for text in texts for ground in ("page", "card", "soft")]
    pairs += [("ink", "good-bg"), ("ink", "bad-bg"), ("good", "good-bg"), ("bad", "bad-bg"), ("warn", "warn-bg")]
    for scheme in schemes[:2]:
        for text, ground in pairs:
            light, dark = sorted((luminance(scheme[text]), luminance(scheme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


# The terminal


def test_a_block_is_short_and_shows_the_words() -> None:
    talk = conversation()
    text = written([(talk, review(talk, [(1, 0, 21)], [(2, 0, 7)], critical=True))], "terminal")
    assert len(text.splitlines()) <= 25
    assert "✔ Apologize" in text
    assert "✘ Act" in text
    assert "#2 Anna “Przepraszam za zwłokę”" in text
    assert "!! CRITICAL FAILURE: Red alert" in text
    assert "Politeness ███░░░░░░░ 0.31" in text
    assert "Lost points: Act −25" in text


def test_many_conversations_show_the_weakest_and_a_table() -> None:
    text = written(many(40), "terminal")
    heads = re.findall(r"^─ (talk-\d+)", text, re.M)
    assert heads == ["talk-7", "talk-0", "talk-1", "talk-2", "talk-3"]  # a failed critical line comes first
    rows = re.findall(r"^  (talk-\d+)", text, re.M)
    assert len(rows) == 20
    assert rows[:2] == ["talk-7", "talk-0"]
    assert "Total 19.5" in text
    assert len(re.findall(r"^─ talk", written(many(40), "terminal", full=True), re.M)) == 40
    few = re.findall(r"^─ (talk-\d+)", written(many(3), "terminal"), re.M)
    assert few == ["talk-0", "talk-1", "talk-2"]


def test_a_terminal_gets_colours_unless_it_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured, plain = Terminal(), Terminal()
    write(many(2), "terminal", coloured)
    assert "\x1b[32m" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    write(many(2), "terminal", plain)
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", plain.getvalue())
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in written(many(2), "terminal")


def test_a_tally_leaves_out_what_does_not_apply() -> None:
    tally = Tally()
    for _, made in many(3):
        tally.add(made)
    assert tally.share_met("act") == 0
    assert tally.share_met("apologize") == 1
    assert tally.share_met("assess") is None
    assert tally.total.value == 1
    assert tally.flags_by_count == [("red_alert", 1)]
