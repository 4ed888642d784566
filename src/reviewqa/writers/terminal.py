"""Reviews at a glance, on a terminal of 80 columns or in a plain text file."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from reviewqa.conversation import Conversation
from reviewqa.review import Evidence, Review, Score, StepResult
from reviewqa.writers.display import FAIR, GOOD, SYMBOLS, cut, one_line
from reviewqa.writers.tally import Tally, badness
from reviewqa.writers.texts import Texts

WIDTH = 80
"""Columns, where the output is no terminal."""
WIDEST = 120
MANY = 20
"""More conversations than this are not shown in full; so many rows has the table."""
WORST = 5
"""Shown in full where there are many."""

_STYLES = {"met": "green", "missed": "bold red", "not_applicable": "dim", "cannot_tell": "yellow"}
_SEVERITIES = {"critical": "bold red", "major": "red", "minor": "yellow"}
_BAR = 10


def write_terminal(
    reviews: Iterable[tuple[Conversation, Review]], out: TextIO, texts: Texts, full: bool = False
) -> None:
    """Write a block for each conversation and a table over all, the weakest first.

    Arguments:
        reviews: with their conversations.
        out: a terminal gets colours (``NO_COLOR`` is respected); anything else plain text, the same bytes every time.
        texts: the language.
        full: show every block as it comes; else, of more than ``MANY`` conversations, only the ``WORST``.
    """
    screen = _Screen(out, texts)
    tally = Tally()
    # Kept: the weakest so far, so that any number of conversations fits. A heap's first is the best of them.
    kept: list[tuple[tuple[int, float, int], int, Conversation, Review]] = []
    for number, (conversation, review) in enumerate(reviews):
        tally.add(review)
        if full:
            screen.block(conversation, review)
        critical, score, flags = badness(review)
        item = ((-int(critical), -score, -flags), -number, conversation, review)
        if len(kept) < MANY:
            heapq.heappush(kept, item)
        else:
            heapq.heappushpop(kept, item)
    worst = sorted(kept, key=lambda item: item[:2], reverse=True)
    if not full:
        shown = worst[:WORST] if tally.conversations > MANY else sorted(worst, key=lambda item: -item[1])
        for _, _, conversation, review in shown:
            screen.block(conversation, review)
    if not worst:
        screen.line(texts.label("no_conversations"))
    elif tally.conversations > 1:
        screen.table([review for _, _, _, review in worst], tally, full)


class _Screen:
    """Lines that fit."""

    def __init__(self, out: TextIO, texts: Texts) -> None:
        terminal = out.isatty()
        self.console = Console(
            file=out,
            width=None if terminal else WIDTH,
            force_terminal=terminal,
            force_jupyter=False,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
        )
        self.width = min(self.console.width, WIDEST)
        self.texts = texts

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Print one line, cut where it is too long."""
        text = Text.assemble(*parts, no_wrap=True)
        text.truncate(self.width, overflow="ellipsis")
        text.rstrip()
        self.console.print(text, no_wrap=True, overflow="ignore", crop=False)

    def items(self, name: str, items: list[str], most: int, style: str = "") -> None:
        """Print ``name  item · item`` in at most so many lines; what does not fit is counted."""
        indent = "  "
        room = self.width - len(indent)
        lines = [f"{name}: "]
        for number, item in enumerate(items):
            joint = " · " if number else ""
            rest = f" · +{len(items) - number}"
            last = len(lines) == most
            spare = len(rest) if last and number < len(items) - 1 else 0
            if number and cell_len(lines[-1] + joint + item) > room - spare:
                if last:
                    lines[-1] += rest
                    break
                lines.append("  " + item)
            else:
                lines[-1] += joint + item
        for line in lines:
            self.line(indent, (line, style))

    # one conversation

    def block(self, conversation: Conversation, review: Review) -> None:
        """Print one conversation in at most some 25 lines."""
        texts = self.texts
        self._head(conversation, review)
        width = max(cell_len(texts.title(step)) for step in review.steps) if review.steps else 0
        words = {step: texts.term("outcome", result.outcome) for step, result in review.steps.items()}
        word_width = max(map(cell_len, words.values()), default=0)
        for step, result in review.steps.items():
            style = _STYLES[result.outcome]
            self.line(
                (f"  {SYMBOLS[result.outcome]} {_padded(texts.title(step), width)}  ", style),
                (f"{_padded(words[step], word_width)}  ", style),
                *self._grounds(conversation, result),
            )
        for flag in review.flags:
            style = _SEVERITIES[flag.severity]
            head = f"  ! {texts.title(flag.id)} ({texts.term('severity', flag.severity)})  "
            self.line((head, style), *self._words(conversation, flag.evidence, flag.reason))
        self._numbers(review)
        self.line("")

    def _head(self, conversation: Conversation, review: Review) -> None:
        texts, total = self.texts, review.total
        score = texts.label("total_of", score=texts.points(total.score)) if total.score is not None else None
        right = f" {texts.label('total')}: {score}" if score else f" {texts.label('no_total')}"
        name = one_line(review.conversation_id, 60)
        left = set_cell_size(name, self.width - cell_len(right) - 4).rstrip() if cell_len(name) > 40 else name
        rule = "─" * max(1, self.width - cell_len(left) - cell_len(right) - 4)
        self.line("─ ", (left, "bold"), f" {rule}", (right, f"bold {_colour(total.score, total.critical_failed)}"))
        agents = ", ".join(one_line(agent, 24) for agent in review.agents) or texts.label("no_agents")
        channel = texts.term("channel", review.channel)
        language = texts.term("language", review.language)
        turns = texts.label("turns", n=len(conversation.turns))
        self.line((f"  {channel} · {language} · {turns} · {agents}", "dim"))
        if total.critical_failed:
            failed = [line for line in total.lines if line.critical and line.outcome == "missed"]
            names = ", ".join(texts.title(line.id.rpartition("/")[2]) for line in failed)
            self.line((f"  !! {texts.label('critical_failure').upper()}: {names}", "bold white on red"))

    def _grounds(self, conversation: Conversation, result: StepResult) -> list[str | tuple[str, str]]:
        if result.evidence:
            return self._words(conversation, result.evidence, result.reason)
        reason = self.texts.say(result.reason)
        if result.trigger is None:
            return [(one_line(reason, self.width), "dim")]
        return [(f"(#{result.trigger + 1}) ", "cyan"), (one_line(reason, self.width), "dim")]

    def _words(
        self, conversation: Conversation, evidence: tuple[Evidence, ...], reason: str
    ) -> list[str | tuple[str, str]]:
        """The clearest words, with their turn and speaker; the reason where there are none."""
        if not evidence:
            return [(one_line(self.texts.say(reason), self.width), "dim")]
        first = evidence[0]
        turn = conversation.turns[first.turn]
        who = first.agent or turn.speaker or self.texts.term("role", turn.role)
        parts: list[str | tuple[str, str]] = [(f"#{first.turn + 1} {one_line(who, 14)} ", "cyan")]
        if first.gap_s is not None:
            parts.append((f"{self.texts.label('waited', time=self.texts.duration(first.gap_s))} ", "yellow"))
        if first.text.strip():
            parts.append(self.texts.quoted(one_line(first.text, self.width)))
        return parts

    def _numbers(self, review: Review) -> None:
        texts = self.texts
        scores = [self._bar(name, score) for name, score in review.scores.items()]
        if scores:
            self.line("  ", "   ".join(scores))
        known = {name: value for name, value in review.indicators.items() if value is not None}
        times = [f"{texts.title(name)} {texts.indicator(name, value)}" for name, value in known.items()]
        if times:
            self.items(texts.label("times"), times, most=2)
        lost = [line for line in review.total.lines if line.points is not None and line.points < line.weight]
        if lost:
            names = [f"{texts.line(line.id)} −{texts.points(line.weight - (line.points or 0))}" for line in lost]
            self.items(texts.label("lost_points"), names, most=2, style="red")
        if review.not_assessable:
            names = [texts.title(item.id) for item in review.not_assessable]
            self.items(texts.label("not_assessable"), names, most=1, style="dim")

    def _bar(self, name: str, score: Score) -> str:
        value = score.value
        filled = 0 if value is None else round(value * _BAR)
        return f"{self.texts.title(name)} {'█' * filled}{'░' * (_BAR - filled)} {self.texts.number(value)}"

    # all conversations

    def table(self, worst: list[Review], tally: Tally, full: bool) -> None:
        """Print a row for each of the weakest conversations, and what all of them come to."""
        texts = self.texts
        count = texts.label("conversations", n=tally.conversations)
        head = f"─ {count}, {texts.label('worst_first')} "
        self.line((head, "bold"), "─" * (self.width - cell_len(head)))
        heads = (
            texts.label("total"),
            texts.label("short.steps"),
            texts.label("flags"),
            texts.label("short.politeness"),
            texts.label("short.empathy"),
            texts.label("short.first_response"),
        )
        rows = [self._row(review) for review in worst]
        widths = [max(map(cell_len, column)) for column in zip(heads, *(row[1:] for row in rows), strict=True)]
        name_width = max(12, self.width - sum(widths) - 2 * len(widths) - 2)
        name_width = min(name_width, max(cell_len(cut(row[0], name_width)) for row in rows) + 4)
        self._table_row(_padded(texts.label("conversation"), name_width), heads, widths, "dim")
        for review, (name, *cells) in zip(worst, rows, strict=True):
            style = _colour(review.total.score, review.total.critical_failed)
            self._table_row(_padded(name, name_width), cells, widths, style)
        self.line("")
        if tally.conversations > len(worst):
            self.line((f"  {texts.label('rows_only', shown=len(worst), all=tally.conversations)}", "dim"))
            if not full:
                self.line((f"  {texts.label('worst_only', shown=WORST, all=tally.conversations)}", "dim"))
        self._averages(tally)

    def _row(self, review: Review) -> tuple[str, ...]:
        texts, total = self.texts, review.total
        values = [review.scores[name].value if name in review.scores else None for name in ("politeness", "empathy")]
        return (
            one_line(review.conversation_id, 60),
            ("!! " if total.critical_failed else "") + texts.points(total.score),
            "".join(SYMBOLS[result.outcome] for result in review.steps.values()),
            str(len(review.flags)),
            *map(texts.number, values),
            texts.duration(review.indicators.get("first_response_s")),
        )

    def _table_row(self, name: str, cells: Iterable[str], widths: list[int], style: str) -> None:
        pairs = zip(cells, widths, strict=True)
        aligned = "".join(f"  {' ' * (width - cell_len(cell))}{cell}" for cell, width in pairs)
        self.line("  ", name, (aligned, style))

    def _averages(self, tally: Tally) -> None:
        texts = self.texts
        averages = [f"{texts.label('total')} {texts.points(tally.total.value)}"]
        averages += [f"{texts.title(name)} {texts.number(mean.value)}" for name, mean in tally.scores.items()]
        averages.append(f"{texts.title('first_response_s')} {texts.duration(tally.first_response.value)}")
        self.items(texts.label("averages"), averages, most=2)
        steps = [f"{texts.title(step)} {texts.percent(tally.share_met(step))}" for step in tally.steps]
        self.items(texts.label("steps_met"), steps, most=2)
        if tally.flags:
            flags = [f"{texts.title(flag)} {count}" for flag, count in tally.flags_by_count]
            self.items(texts.label("flags"), flags, most=4)
        if tally.criticals:
            self.line("  ", (f"{texts.label('critical_failures')}: {tally.criticals}", "bold red"))


def _padded(text: str, width: int) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(text, width)


def _colour(score: float | None, critical: bool) -> str:
    if critical:
        return "red"
    if score is None:
        return "default"
    return "green" if score >= GOOD else "yellow" if score >= FAIR else "red"
