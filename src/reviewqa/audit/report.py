"""One page of what an archive says, in one file: no script, no network, readable whatever the number of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from reviewqa.audit import AuditError, charts, check_target
from reviewqa.audit.figures import Figures, Found, Group, Mean, Share, Shown, Z, differs, figures, rules_of
from reviewqa.audit.report_texts import TEXTS
from reviewqa.errors import Fault
from reviewqa.writers.display import one_line, visible
from reviewqa.writers.html import resource
from reviewqa.writers.texts import Texts

_QUOTE = 240


def write_report(out: Path, html: Path, ui: str = "en", against: Path | None = None) -> None:
    """Write the report of a finished audit.

    Arguments:
        out: the folder of the audit.
        html: the file to write.
        ui: ``en`` or ``pl``.
        against: an earlier audit to compare with.
    Raises:
        AuditError: an audit is not finished, or the file cannot be written.
    """
    check_target(html)
    page = _Page(figures(out), None if against is None else figures(against, brief=True), ui, out)
    text = page.render()
    try:
        html.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise AuditError(Fault(str(html), f"cannot be written: {error.strerror}")) from None


@dataclass(frozen=True, slots=True)
class _Drift:
    """A line of the comparison: shares in percent, the total in points."""

    title: str
    before: str
    now: str
    difference: str
    real: bool


class _Page:
    """The report in one language."""

    def __init__(self, made: Figures, before: Figures | None, ui: str, out: Path) -> None:
        self.made = made
        self.before = before
        self.texts = _names(out, ui)
        self._side = 0 if ui == "en" else 1
        self.ui = ui

    def render(self) -> str:
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
        template = (files("reviewqa.audit") / "templates" / "archive.html.j2").read_text(encoding="utf-8")
        return environment.from_string(template).render(
            page=self,
            made=self.made,
            t=self.t,
            css=Markup(resource("report.css")),  # noqa: S704 - the package's own
            weeks=self._weeks(),
            critical_weeks=self._critical_weeks(),
            spread=charts.histogram(self.made.bins, self.before.bins if self.before else None, self.t("spread")),
            drift=self._drift(),
            changed=self._changed(),
            kinds=("channels", "teams", "agents", "tags"),
        )

    # words and numbers

    def t(self, key: str, **values: object) -> str:
        """A text of the report."""
        return TEXTS[key][self._side].format(**values)

    def count(self, number: int) -> str:
        """A whole number with its thousands apart."""
        return f"{number:,}".replace(",", "\u202f" if self.ui == "pl" else ",")

    def percent(self, share: float | None) -> str:
        """A share with one decimal."""
        return "–" if share is None else self._decimal(100 * share) + "%"

    def _decimal(self, value: float) -> str:
        """With one decimal, 0 or not, so that figures stand under each other."""
        return f"{value:.1f}".replace(".", "," if self.ui == "pl" else ".")

    def share(self, share: Share) -> str:
        """A share with its interval, in words."""
        if share.value is None:
            return "–"
        low, high = share.interval
        return f"{self.percent(share.value)} ({self.percent(low)}–{self.percent(high)})"

    def mean(self, mean: Mean) -> str:
        """A mean with its interval, in words."""
        if mean.value is None:
            return "–"
        said = self._decimal(mean.value)
        if mean.interval is None:
            return said
        low, high = (self._decimal(edge) for edge in mean.interval)
        return f"{said} ({low}–{high})"

    def of(self, share: Share) -> str:
        """``12 of 340``."""
        return self.t("of", hits=self.count(share.hits), all=self.count(share.all))

    def line(self, text: str) -> str:
        """Somebody's words on one line, nothing hidden in them."""
        return one_line(text, _QUOTE)

    def place(self, text: str) -> str:
        """A name from the archive."""
        return visible(text)

    def lost(self, shown: Shown) -> str:
        """The lines that cost points."""
        names = [f"{self.texts.line(name)} (−{self.texts.points(weight)})" for name, weight in shown.lost[:5]]
        return self.t("lost", lines=", ".join(names) + (", …" if len(shown.lost) > 5 else "")) if names else ""

    def finding(self, found: Found) -> str:
        """The verdict of a finding in one phrase."""
        title = self.texts.title(found.id)
        outcome = "" if found.outcome == "present" else f" – {self.texts.term('outcome', found.outcome)}"
        return f"{title}{outcome}: {self.texts.say(found.reason)}"

    def findings(self, shown: Shown, best: bool) -> list[Found]:
        """The findings that explain why a conversation is where it is."""
        wanted = ("met",) if best else ("present", "missed")
        return [found for found in shown.findings if found.outcome in wanted]

    def groups(self, kind: str) -> list[Group]:
        """The groups of a kind."""
        return list(getattr(self.made, kind))

    def group_name(self, kind: str, group: Group) -> str:
        """The name that a table shows."""
        return self.texts.term("channel", group.name) if kind == "channels" else visible(group.name)

    # pictures

    def bar(self, share: Share, kind: str) -> Markup:
        """A share as a bar with its interval."""
        return charts.whisker(share.value, share.interval if share.all else None, kind)

    def score_bar(self, mean: Mean) -> Markup:
        """A mean total as a bar with its interval."""
        return charts.whisker(mean.value, mean.interval, "plain", 0, 100)

    def _weeks(self) -> Markup:
        weeks = self.made.weeks
        return charts.trend(
            [week.name for week in weeks],
            [week.score.value for week in weeks],
            [_between_0_and_100(week.score.interval) for week in weeks],
            [week.count for week in weeks],
            self.t("by_week_note"),
            lambda value: self.texts.number(value, 1),
        )

    def _critical_weeks(self) -> Markup:
        weeks = self.made.weeks
        shares = [week.critical for week in weeks]
        return charts.trend(
            [week.name for week in weeks],
            [None if share.value is None else 100 * share.value for share in shares],
            [(100 * share.interval[0], 100 * share.interval[1]) if share.all else None for share in shares],
            [week.count for week in weeks],
            self.t("critical_week"),
            lambda value: self.texts.number(value, 1) + "%",
        )

    def drawn(self) -> str:
        """What the charts over time leave out."""
        if self.made.drawn is None or not self.made.outside:
            return ""
        first, last = (day.isoformat() for day in self.made.drawn)
        return self.t("outside", first=first, last=last, n=self.count(self.made.outside))

    # the earlier audit

    def _drift(self) -> list[_Drift]:
        if self.before is None:
            return []
        old, new = self.before, self.made
        lines = []
        if old.score.value is not None and new.score.value is not None:
            gap = new.score.value - old.score.value
            noise = sum((mean.deviation or 0) ** 2 / mean.count for mean in (old.score, new.score)) ** 0.5
            real = abs(gap) > Z * noise and abs(gap) > 1e-9
            was, is_ = (self._decimal(value) for value in (old.score.value, new.score.value))
            lines.append(_Drift(self.t("mean_total"), was, is_, self._signed(gap, ""), real))
        pairs = [(self.t("critical"), old.critical, new.critical)]
        none = (None, Share(0, 0))
        pairs += [(self.texts.title(name), old.steps.get(name, none)[1], new.steps[name][1]) for name in new.steps]
        pairs += [(self.texts.title(name), old.flags.get(name, none[1]), new.flags[name]) for name in new.flags]
        for title, before, now in pairs:
            if before.value is not None and now.value is not None:
                gap = 100 * (now.value - before.value)
                said = self._signed(gap, " pp" if self.ui == "en" else " p.p.")
                was, is_ = self.percent(before.value), self.percent(now.value)
                lines.append(_Drift(title, was, is_, said, differs(before, now)))
        return lines

    def _signed(self, gap: float, unit: str) -> str:
        sign = "+" if gap > 0.05 else "−" if gap < -0.05 else "±"
        return f"{sign}{self._decimal(abs(gap))}{unit}"

    def _changed(self) -> str:
        if self.before is None:
            return ""
        was, is_ = (one.manifest["plan"]["versions"] for one in (self.before, self.made))
        names = [self.t(f"version_{name}") for name in is_ if was.get(name) != is_[name]]
        return self.t("changed_versions", names=", ".join(names)) if names else self.t("same_versions")


def _between_0_and_100(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    """What a mean total can be at all: of few totals the normal approximation says more."""
    return None if interval is None else (max(0.0, interval[0]), min(100.0, interval[1]))


def _names(out: Path, ui: str) -> Texts:
    """The titles and reasons of the rules of this audit, which may be somebody's own."""
    titles: dict[str, tuple[str, str]] = {}
    messages: dict[str, str] = {}
    for folder in ("steps", "anti_patterns"):
        for name, rule in rules_of(out, folder).items():
            titles[name] = (rule["title"]["en"], rule["title"]["pl"])
            said: list[Mapping[str, Any] | None] = [*rule.get("reasons", {}).values()]
            said += [rule.get("reason"), rule.get("needs_times")]
            messages.update({text["en"]: text["pl"] for text in said if text})
    return Texts(ui, titles=titles, messages=messages)
