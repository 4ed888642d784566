"""Reviews as one HTML page that needs nothing but a browser: the verdicts beside the words that they come from.

This module says what stands on the page (plain values); ``templates/report.html.j2`` says how. Evidence is numbered
through each conversation, and its words are marked where they were said. Turns count from 1 here, as people count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TextIO

from jinja2 import Environment, StrictUndefined, Template

from reviewqa.conversation import Conversation, Turn
from reviewqa.models.words import said
from reviewqa.review import Evidence, Flag, Review, Score, StepResult, TotalLine, TurnScore
from reviewqa.writers.display import FAIR, GOOD, SYMBOLS, cut, visible
from reviewqa.writers.tally import Tally
from reviewqa.writers.texts import Texts

LONGEST_TURN = 20_000
"""Characters of a turn that are shown; a note says so where there are more."""
LONGEST_QUOTE = 400
LONGEST_NAME = 200
MANY = 30
"""More conversations than this start closed."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One piece of evidence under its verdict. ``href`` leads to its words, or to the turn where they are not shown;
    ``words`` are those that made a learned cue, with their weights."""

    number: int
    anchor: str
    href: str
    text: str
    turn: int
    who: str
    gap: str
    cue: str
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A step or a flag. ``kind`` is the outcome, or ``flag``; ``word`` the outcome or the severity."""

    anchor: str
    kind: str
    symbol: str
    title: str
    word: str
    level: str
    reason: str
    quotes: tuple[Quote, ...]
    trigger: int | None
    searched: int


@dataclass(frozen=True, slots=True)
class Behind:
    """What the transcript says of one piece of evidence: its number, the way back, and what it shows."""

    number: int
    anchor: str
    title: str
    flag: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text. ``of`` names the evidence that it belongs to; ``ends`` the evidence whose last run it is."""

    text: str
    anchor: str = ""
    of: tuple[Behind, ...] = ()
    ends: tuple[Behind, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A turn of the transcript. ``level`` is 0 to 4, the fifth of its politeness, or None."""

    number: int
    kind: str
    who: str
    time: str
    politeness: str
    level: int | None
    segments: tuple[Segment, ...]
    wordless: tuple[Behind, ...]
    calls: tuple[Verdict, ...]
    cut_note: str


@dataclass(frozen=True, slots=True)
class ShownTurnScore:
    """An agent's turn in a score; ``why`` tells why it has no value where it has none."""

    turn: int
    value: str
    words: tuple[tuple[str, str], ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ShownScore:
    """A model's number. ``telling`` is the turn that stands for it: the least polite, the most empathic."""

    title: str
    value: str
    percent: float | None
    telling_label: str
    telling: ShownTurnScore | None
    turns: tuple[ShownTurnScore, ...]


@dataclass(frozen=True, slots=True)
class ShownLine:
    title: str
    href: str
    outcome: str
    symbol: str
    word: str
    critical: bool
    points: str
    because: str


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in the overview. ``sort`` holds the plain values that its columns sort by."""

    number: int
    anchor: str
    name: str
    language: str
    channel: str
    agents: str
    total: str
    total_level: str
    total_sort: str
    critical: bool
    steps: tuple[tuple[str, str, str, str], ...]
    flags: int
    flag_keys: str
    scores: tuple[tuple[str, str], ...]
    first_response: str
    first_response_sort: str


@dataclass(frozen=True, slots=True)
class Section:
    """One conversation in full."""

    row: Row
    lang: str
    turn_count: str
    failed: str
    steps: tuple[Verdict, ...]
    flags: tuple[Verdict, ...]
    scores: tuple[ShownScore, ...]
    times: tuple[tuple[str, str], ...]
    lost: tuple[ShownLine, ...]
    other: tuple[ShownLine, ...]
    not_assessable: tuple[tuple[str, str], ...]
    transcript: Iterator[ShownTurn]


def write_html(reviews: Iterable[tuple[Conversation, Review]], out: TextIO, texts: Texts) -> None:
    """Write the page.

    Arguments:
        reviews: with their conversations; all are kept until the page is written.
        out: a text stream.
        texts: the language; the whole page is in it, but for what was said in the conversations.
    """
    pairs = list(reviews)
    tally = Tally()
    for _, review in pairs:
        tally.add(review)
    flag_keys = {name: key for key, (name, _) in enumerate(tally.flags_by_count)}
    step_ids = tuple(dict.fromkeys(step for _, review in pairs for step in review.steps)) or tuple(tally.steps)
    rows = [_row(texts, number, review, step_ids, flag_keys) for number, (_, review) in enumerate(pairs, 1)]
    sections = (_section(texts, row, *pair) for row, pair in zip(rows, pairs, strict=True))
    page = _template().stream(
        t=texts,
        css=resource("report.css"),
        script=resource("report.js"),
        tally=tally,
        average_level=_level(tally.total.value, False),
        steps=[_step_bar(texts, tally, step) for step in step_ids],
        flags=[(key, texts.title(name), tally.flags[name]) for name, key in flag_keys.items()],
        step_titles=[texts.title(step) for step in step_ids],
        rows=rows,
        sections=sections,
        open=len(pairs) <= MANY,
        versions=sorted({texts.label("versions", **review.versions.model_dump()) for _, review in pairs}),
    )
    page.enable_buffering(64)
    for piece in page:
        out.write(piece)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    return environment.from_string(resource("report.html.j2"))


def resource(name: str) -> str:
    """A file of the templates."""
    return (files("reviewqa.writers") / "templates" / name).read_text(encoding="utf-8")


# Over all conversations


@dataclass(frozen=True, slots=True)
class StepBar:
    title: str
    percent: float | None
    share: str
    counts: str
    others: tuple[str, ...]


def _step_bar(texts: Texts, tally: Tally, step: str) -> StepBar:
    outcomes, share = tally.steps[step], tally.share_met(step)
    met, missed = outcomes["met"], outcomes["missed"]
    others = tuple(
        f"{texts.term('outcome', outcome)}: {outcomes[outcome]}"
        for outcome in ("not_applicable", "cannot_tell")
        if outcomes[outcome]
    )
    counts = texts.label("met_of", met=met, all=met + missed) if met + missed else texts.label("never_called_for")
    return StepBar(texts.title(step), _percent(share), texts.percent(share), counts, others)


def _row(texts: Texts, number: int, review: Review, step_ids: Sequence[str], flag_keys: dict[str, int]) -> Row:
    steps = []
    for step in step_ids:
        outcome = review.steps[step].outcome if step in review.steps else "cannot_tell"
        rank = {"missed": "0", "met": "1"}.get(outcome, "")  # what does not count sorts last, like a missing number
        steps.append((outcome, SYMBOLS[outcome], texts.term("outcome", outcome), rank))
    values = [review.scores[name].value if name in review.scores else None for name in ("politeness", "empathy")]
    first = review.indicators.get("first_response_s")
    total = review.total
    return Row(
        number=number,
        anchor=f"c{number}",
        name=_name(review.conversation_id),
        language=texts.term("language", review.language),
        channel=texts.term("channel", review.channel),
        agents=", ".join(map(_name, review.agents)),
        total=texts.points(total.score),
        total_level=_level(total.score, total.critical_failed),
        total_sort=_sort(total.score),
        critical=total.critical_failed,
        steps=tuple(steps),
        flags=len(review.flags),
        flag_keys=" ".join(sorted({str(flag_keys[flag.id]) for flag in review.flags})),
        scores=tuple((texts.number(value), _sort(value)) for value in values),
        first_response=texts.duration(first),
        first_response_sort=_sort(first),
    )


# One conversation


def _section(texts: Texts, row: Row, conversation: Conversation, review: Review) -> Section:
    page = _Conversation(texts, row.anchor, conversation, review.language)
    steps = tuple(page.step(name, result) for name, result in review.steps.items())
    flags = tuple(page.flag(flag) for flag in review.flags)
    anchors = {f"step/{name}": verdict.anchor for name, verdict in zip(review.steps, steps, strict=True)}
    anchors |= {f"flag/{flag.id}": verdict.anchor for flag, verdict in zip(review.flags, flags, strict=True)}
    lines = [(line, _line(texts, line, anchors.get(line.id, ""))) for line in review.total.lines]
    failed = [texts.title(line.id.rpartition("/")[2]) for line, _ in lines if line.critical and _lost(line)]
    return Section(
        row=row,
        lang=review.language or "",
        turn_count=texts.label("turns", n=len(conversation.turns)),
        failed=", ".join(failed),
        steps=steps,
        flags=flags,
        scores=tuple(
            _score(texts, name, score, conversation, review.language) for name, score in review.scores.items()
        ),
        times=tuple((texts.title(k), texts.indicator(k, v)) for k, v in review.indicators.items() if v is not None),
        lost=tuple(shown for line, shown in lines if _lost(line)),
        other=tuple(shown for line, shown in lines if not _lost(line)),
        not_assessable=tuple((texts.title(item.id), texts.say(item.reason)) for item in review.not_assessable),
        transcript=page.transcript(review.scores.get("politeness")),
    )


@dataclass(slots=True)
class _Marked:
    """Where in the shown text a piece of evidence stands."""

    start: int
    end: int
    behind: Behind


@dataclass(slots=True)
class _Conversation:
    """Numbers the evidence of one conversation while its verdicts are made, and then marks it in the transcript."""

    texts: Texts
    anchor: str
    conversation: Conversation
    language: str | None
    verdicts: int = 0
    quotes: int = 0
    marks: dict[int, list[_Marked]] = field(default_factory=dict)
    calls: dict[int, list[Verdict]] = field(default_factory=dict)

    def step(self, name: str, result: StepResult) -> Verdict:
        title, word = self.texts.title(name), self.texts.term("outcome", result.outcome)
        self.verdicts += 1
        verdict = Verdict(
            anchor=f"{self.anchor}-v{self.verdicts}",
            kind=result.outcome,
            symbol=SYMBOLS[result.outcome],
            title=title,
            word=word,
            level="",
            reason=self.texts.say(result.reason),
            quotes=tuple(self._quote(item, f"{title} ({word})", False) for item in result.evidence),
            trigger=None if result.trigger is None else result.trigger + 1,
            searched=len(result.searched) if result.outcome == "missed" else 0,
        )
        if result.trigger is not None:
            self.calls.setdefault(result.trigger, []).append(verdict)
        return verdict

    def flag(self, flag: Flag) -> Verdict:
        title = self.texts.title(flag.id)
        self.verdicts += 1
        return Verdict(
            anchor=f"{self.anchor}-v{self.verdicts}",
            kind="flag",
            symbol="!",
            title=title,
            word=self.texts.term("severity", flag.severity),
            level=flag.severity,
            reason=self.texts.say(flag.reason),
            quotes=tuple(self._quote(item, title, True) for item in flag.evidence),
            trigger=None,
            searched=0,
        )

    def _quote(self, evidence: Evidence, title: str, flag: bool) -> Quote:
        self.quotes += 1
        turn = self.conversation.turns[evidence.turn]
        anchor = f"{self.anchor}-e{self.quotes}"
        end = min(evidence.end, LONGEST_TURN)
        behind = Behind(self.quotes, anchor, title, flag)
        self.marks.setdefault(evidence.turn, []).append(_Marked(evidence.start, end, behind))
        shown = evidence.start < end
        target = f"{self.anchor}-t{evidence.turn + 1}"
        return Quote(
            number=self.quotes,
            anchor=anchor,
            href=f"{target}-{evidence.start}" if shown else target,
            text=visible(cut(evidence.text, LONGEST_QUOTE)),
            turn=evidence.turn + 1,
            who=_name(evidence.agent or "") or self._who(turn),
            gap="" if evidence.gap_s is None else self.texts.label("waited", time=self.texts.duration(evidence.gap_s)),
            cue=_name(evidence.cue),
            words=_weighed(self.texts, evidence.because, turn.text, self.language),
        )

    def _who(self, turn: Turn) -> str:
        return self.texts.term("role", "ai" if turn.ai and turn.role == "agent" else turn.role)

    def transcript(self, politeness: Score | None) -> Iterator[ShownTurn]:
        """The turns, made one by one as the page is written."""
        values = {score.turn: score.value for score in politeness.turns} if politeness else {}
        date = ""
        for number, turn in enumerate(self.conversation.turns):
            time, date = _time(turn, date)
            marks = self.marks.get(number, [])
            value = values.get(number)
            text = turn.text[:LONGEST_TURN]
            role = self._who(turn)
            note = ""
            if len(turn.text) > LONGEST_TURN:
                note = self.texts.label("text_cut", shown=LONGEST_TURN, all=len(turn.text))
            yield ShownTurn(
                number=number + 1,
                kind=turn.role,
                who=f"{role} · {_name(turn.speaker)}" if turn.speaker else role,
                time=time,
                politeness="" if value is None else self.texts.number(value),
                level=None if value is None else min(4, int(value * 5)),
                segments=_segments(text, marks, f"{self.anchor}-t{number + 1}"),
                wordless=tuple(mark.behind for mark in marks if mark.start >= mark.end),
                calls=tuple(self.calls.get(number, ())),
                cut_note=note,
            )


def _segments(text: str, marks: Sequence[_Marked], anchor: str) -> tuple[Segment, ...]:
    """Split a text where evidence begins or ends, so that overlapping evidence can be marked."""
    held = [mark for mark in marks if mark.start < mark.end]
    edges = sorted({0, len(text), *(mark.start for mark in held), *(mark.end for mark in held)})
    found = []
    for start, end in pairwise(edges):
        of = tuple(mark.behind for mark in held if mark.start <= start and end <= mark.end)
        ends = tuple(mark.behind for mark in held if mark.end == end)
        found.append(Segment(visible(text[start:end]), f"{anchor}-{start}" if of else "", of, ends))
    return tuple(found)


def _time(turn: Turn, date: str) -> tuple[str, str]:
    """The time of a turn as people read it, and the date that was said last; a date is said when it changes."""
    if turn.time is not None:
        day = f"{turn.time:%Y-%m-%d}"
        clock = f"{turn.time:%H:%M:%S}"
        return (clock if day == date else f"{day} {clock}"), day
    if turn.start_s is not None:
        minutes, seconds = divmod(int(turn.start_s), 60)
        hours, minutes = divmod(minutes, 60)
        return (f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"), date
    return "", date


def _score(texts: Texts, name: str, score: Score, conversation: Conversation, language: str | None) -> ShownScore:
    least = name == "politeness"  # open rudeness decides politeness, the strongest expression empathy
    telling = None
    shown = {turn.turn: _turn_score(texts, turn, conversation, language) for turn in score.turns}
    if score.turns:
        for number, turn in enumerate(conversation.turns):
            if turn.role == "agent" and number not in shown:
                shown[number] = ShownTurnScore(number + 1, texts.number(None), (), texts.label("nothing_to_score"))
        telling = (min if least else max)(score.turns, key=lambda turn: turn.value)
    return ShownScore(
        title=texts.title(name),
        value=texts.number(score.value),
        percent=_percent(score.value),
        telling_label=texts.label("lowest_turn" if least else "strongest_turn"),
        telling=None if telling is None else shown[telling.turn],
        turns=tuple(shown[number] for number in sorted(shown)),
    )


def _turn_score(texts: Texts, score: TurnScore, conversation: Conversation, language: str | None) -> ShownTurnScore:
    words = _weighed(texts, score.because, conversation.turns[score.turn].text, language)
    return ShownTurnScore(score.turn + 1, texts.number(score.value), words)


def _weighed(
    texts: Texts, because: Sequence[tuple[str, float]], text: str, language: str | None
) -> tuple[tuple[str, str], ...]:
    """The words behind a value as the turn has them, and what each added."""
    names = [texts.say(words) for words, _ in because]
    own = said(language, text, names) if language and names else names
    return tuple(
        (_name(words), ("+" if weight >= 0 else "−") + texts.number(abs(weight)))
        for words, (_, weight) in zip(own, because, strict=True)
    )


def _line(texts: Texts, line: TotalLine, anchor: str) -> ShownLine:
    points = texts.label("not_counted")
    if line.points is not None:
        points = texts.label("points_of", points=texts.points(line.points), weight=texts.points(line.weight))
    return ShownLine(
        title=texts.line(line.id),
        href=anchor,
        outcome=line.outcome,
        symbol=SYMBOLS[line.outcome],
        word=texts.term("line", line.outcome),
        critical=line.critical,
        points=points,
        because=texts.say(line.because),
    )


def _lost(line: TotalLine) -> bool:
    return line.outcome == "missed"


def _level(score: float | None, critical: bool) -> str:
    if critical:
        return "poor"
    if score is None:
        return "none"
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def _name(text: str) -> str:
    return visible(cut(text, LONGEST_NAME))


def _sort(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
