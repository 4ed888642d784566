from typing import Any, TypeVar

from pydantic import BaseModel

_Model = TypeVar("_Model", bound=BaseModel)

def made(model: type[_Model], values: dict[str, Any], named: set[str] | None = None) -> _Model: ...
