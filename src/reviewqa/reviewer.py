"""The pipeline, on one screen: a conversation goes in, its review comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from reviewqa import __version__
from reviewqa.charter import Charter, total
from reviewqa.conversation import Conversation
from reviewqa.errors import Fault, InputError
from reviewqa.indicators import Indicators, indicators, unsettled
from reviewqa.language.detect import detect
from reviewqa.made import made
from reviewqa.models.mood import MOODS, mood
from reviewqa.models.scorer import Scorer, default_scorer
from reviewqa.review import SCORES, NotAssessable, Review, Score, StepResult, Versions
from reviewqa.rules import engine
from reviewqa.rules.loader import default_rules, load_rules
from reviewqa.rules.model import RuleSet
from reviewqa.rules.reading import Reading

SPOKEN = ("agent", "customer")


class Reviewer:
    """Reviews conversations against one charter, one set of rules and one set of models.

    Arguments:
        charter: the organisation's standards, or their file; the package's default unless told.
        rules: a folder of further cues and rules, or a loaded set; the package's own unless told.
        models: a folder of trained models; the package's own unless told.

    Raises:
        RuleError, CharterError, ModelError: what is given does not hold.
    """

    def __init__(
        self,
        charter: Charter | Path | str | None = None,
        rules: RuleSet | Path | str | None = None,
        models: Path | str | None = None,
    ) -> None:
        if rules is None:
            self.rules = default_rules()
        else:
            self.rules = rules if isinstance(rules, RuleSet) else load_rules(Path(rules))
        known = tuple(self.rules.steps), tuple(self.rules.anti_patterns)
        if charter is None:
            self.charter = Charter.default()
        elif isinstance(charter, Charter):
            charter.check(*known)
            self.charter = charter
        else:
            self.charter = Charter.load(charter, *known)
        self.scorer = default_scorer() if models is None else Scorer(Path(models))
        self.versions = Versions(
            package=__version__, rules=self.rules.digest, charter=self.charter.digest, models=self.scorer.digest
        )

    def review(self, conversation: Conversation) -> Review:
        """Review one conversation. Nothing is remembered from one to the next."""
        language = detect(conversation.language, (turn.text for turn in conversation.turns if turn.role in SPOKEN))
        limit_s = self.charter.limit_s(conversation.channel)
        if language.code is None:
            return self._unread(conversation, language.reason, indicators(conversation, limit_s))
        times = indicators(conversation, limit_s, settled=True)
        reading, scores, unscored = self._read(conversation, language.code, times)
        moods, untold = mood(reading.roles, language.code, reading.tokens)
        steps = engine.run_steps(self.rules, reading)
        flags, missing = engine.run_anti_patterns(self.rules, reading)
        if "act" not in steps or steps["act"].outcome != "met":
            times = unsettled(times)
        not_assessable = (*missing, *unscored, *_unmeasured(times), *_reasons(untold))
        values = {
            "conversation_id": conversation.id,
            "language": language.code,
            "channel": conversation.channel,
            "agents": conversation.agents,
            "steps": steps,
            "flags": flags,
            "not_assessable": not_assessable,
            "scores": scores,
            "indicators": {**times.values, **moods},
            "sales": None,
            "principles": None,
            "total": total(self.charter, steps, flags, not_assessable, scores, times.values),
            "coaching": None,
            "versions": self.versions,
        }
        return made(Review, values)

    def review_many(self, conversations: Iterable[Conversation]) -> Iterator[Review]:
        """Review conversations as they come, in their order."""
        return map(self.review, conversations)

    def review_pairs(self, conversations: Iterable[Conversation]) -> Iterator[tuple[Conversation, Review]]:
        """Review conversations as they come, each with its review, as ``write`` takes them."""
        for conversation in conversations:
            yield conversation, self.review(conversation)

    def reading(self, conversation: Conversation) -> Reading:
        """What the rules see of a conversation: for tools that explain verdicts.

        Raises:
            InputError: its words cannot be read.
        """
        language = detect(conversation.language, (turn.text for turn in conversation.turns if turn.role in SPOKEN))
        if language.code is None:
            raise InputError(Fault(f"conversation {conversation.id}", language.reason))
        times = indicators(conversation, self.charter.limit_s(conversation.channel), settled=True)
        return self._read(conversation, language.code, times)[0]

    def _read(
        self, conversation: Conversation, language: str, times: Indicators
    ) -> tuple[Reading, dict[str, Score], tuple[NotAssessable, ...]]:
        """The reading for the rules, the scores, and those that cannot be given."""
        tokens = engine.tokenize(conversation)
        roles = conversation.roles
        scores, unscored = self.scorer.conversation(roles, language, tokens)
        values = {name: score.by_turn() for name, score in scores.items()}
        heard = self.scorer.learned.hear(roles, language, tokens)
        reading = engine.read(self.rules, conversation, language, tokens, times.late, values | heard.values, heard)
        return reading, scores, tuple(unscored)

    def _unread(self, conversation: Conversation, reason: str, times: Indicators) -> Review:
        """The review of a conversation whose words cannot be read: its times, and ``cannot_tell`` for the rest."""
        steps = {name: StepResult(outcome="cannot_tell", reason=reason) for name in self.rules.steps}
        scores = {name: Score(value=None) for name in SCORES}
        unread = tuple(NotAssessable(id=name, reason=reason) for name in (*self.rules.anti_patterns, *SCORES))
        untold = dict.fromkeys(MOODS, reason)
        not_assessable = (*unread, *_unmeasured(times), *_reasons(untold))
        return Review(
            conversation_id=conversation.id,
            language=None,
            channel=conversation.channel,
            agents=conversation.agents,
            steps=steps,
            flags=(),
            not_assessable=not_assessable,
            scores=scores,
            indicators={**times.values, **dict.fromkeys(MOODS)},
            total=total(self.charter, steps, (), not_assessable, scores, times.values),
            versions=self.versions,
        )


def _unmeasured(times: Indicators) -> tuple[NotAssessable, ...]:
    return _reasons(times.reasons)


def _reasons(reasons: Mapping[str, str]) -> tuple[NotAssessable, ...]:
    return tuple(_missing(name, reason) for name, reason in reasons.items())


@lru_cache(256)
def _missing(name: str, reason: str) -> NotAssessable:
    """What cannot be assessed; the same things are missing from many conversations, and frozen ones may be shared."""
    return NotAssessable(id=name, reason=reason)
