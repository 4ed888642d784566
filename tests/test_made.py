"""Models made of values that hold: the quick ways make what pydantic's own checks make."""

from __future__ import annotations

import copy

import pytest
from pydantic import BaseModel

from reviewqa import Conversation
from reviewqa.conversation import Turn
from reviewqa.made import made, made_in_python
from reviewqa.review import Evidence

VALUES = [
    (Turn, Turn(role="agent", text="Dzień dobry"), {"role", "text"}),
    (Evidence, Evidence(turn=1, start=0, end=2, text="no", cue="c", agent=None, gap_s=None, because=()), None),
    (Conversation, Conversation(id="a", turns=(), channel=None, language=None, meta={"team": 1}), None),
]


@pytest.mark.parametrize("way", [made, made_in_python])
@pytest.mark.parametrize(("model", "checked", "named"), VALUES)
def test_what_is_made_is_what_the_checks_make(
    way: type, model: type[BaseModel], checked: BaseModel, named: set[str] | None
) -> None:
    one = way(model, dict(vars(checked)), named)
    assert type(one) is model
    assert one == checked
    assert one.model_fields_set == checked.model_fields_set
    assert one.model_dump_json() == checked.model_dump_json()
    assert repr(copy.deepcopy(one)) == repr(checked)
    with pytest.raises(ValueError, match="frozen"):
        setattr(one, next(iter(model.model_fields)), None)


def test_the_twin_in_c_is_used() -> None:
    twin = pytest.importorskip("reviewqa._made", reason="installed without a C compiler").made
    assert made is twin is not made_in_python
    with pytest.raises(TypeError):
        twin(Turn, None)
