"""Frozen models of values known to hold: where hundreds of thousands are made, checking them is most of the work.

``_made`` does the same in C, several times faster; it is there where a compiler was when the package was installed.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

_Model = TypeVar("_Model", bound=BaseModel)

_set_values, _set_named, _set_extra, _set_private = (BaseModel.__dict__[name].__set__ for name in BaseModel.__slots__)


def made_in_python(model: type[_Model], values: dict[str, Any], named: set[str] | None = None) -> _Model:
    """A model, as pydantic's ``model_construct`` makes it, in a tenth of its time.

    Arguments:
        model: without validators that change values.
        values: for every field, in their order, of the very types that the fields have; not to be changed afterwards.
        named: the fields that were given and are no defaults; all unless told.
    """
    instance = model.__new__(model)
    _set_values(instance, values)
    _set_named(instance, _all(model) if named is None else named)
    _set_extra(instance, None)
    _set_private(instance, None)
    return instance


@cache
def _all(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


try:
    from reviewqa._made import made as made
except ImportError:  # installed without a C compiler
    made = made_in_python
