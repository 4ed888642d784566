"""Rows to Arrow tables: values go in as the review has them, models inside of models included.

``_builder`` does the same in C, several times faster and in less memory; it is there where a compiler was when the
package was installed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, chain, repeat
from operator import attrgetter
from typing import Any

import pyarrow as pa


class TableBuilder:
    """A table that grows row by row.

    A list is given as a tuple or list, a record as a tuple of its values or as an object that has them as attributes.

    Arguments:
        schema: of the table.
        repeated: columns whose lists hold the same objects again and again: these are read once (here that changes
            nothing, and in C it is faster).
    """

    def __init__(self, schema: pa.Schema, repeated: Collection[str] = ()) -> None:
        self._schema = schema
        self._rows: list[tuple[Any, ...]] = []

    def append(self, row: tuple[Any, ...]) -> None:
        """Add a row.

        Arguments:
            row: a value for each column, in their order.
        """
        self._rows.append(row)

    def extend(self, *columns: Any) -> None:
        """Add rows, column by column.

        Arguments:
            columns: in their order; a list has a value for each row, and anything else is the value of all of them.

        Raises:
            ValueError: the columns are not as many as the table's, or their lists tell no number of rows.
        """
        sizes = {len(values) for values in columns if type(values) is list}
        if len(columns) != len(self._schema):
            raise ValueError(f"the rows have {len(columns)} values, and there are {len(self._schema)} columns")
        if len(sizes) != 1:
            raise ValueError("the lists are to be of one length, and at least one is needed")
        each = (values if type(values) is list else repeat(values, *sizes) for values in columns)
        self._rows.extend(zip(*each, strict=True))

    def table(self) -> pa.Table:
        """All rows; none may be added afterwards."""
        return pa.Table.from_arrays(_arrays(self._rows, list(self._schema)), schema=self._schema)


def pick(objects: Iterable[Any], name: str) -> list[Any]:
    """One attribute of many objects.

    Arguments:
        objects: whose classes have no ways of their own to look attributes up.
        name: of the attribute.
    """
    return list(map(attrgetter(name), objects))


def _arrays(rows: Sequence[tuple[Any, ...]], fields: Sequence[pa.Field]) -> list[pa.Array]:
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    return [_array(column, field.type) for column, field in zip(columns, fields, strict=True)]


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if not (pa.types.is_list(kind) and pa.types.is_struct(kind.value_type)):
        return pa.array(values, kind)
    fields = list(kind.value_type)
    records = pa.StructArray.from_arrays(_arrays(list(_records(values, fields)), fields), fields=fields)
    ends = list(accumulate(map(len, values), initial=0))
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), records, type=kind)


def _records(lists: Iterable[Sequence[Any]], fields: Sequence[pa.Field]) -> Iterable[tuple[Any, ...]]:
    taken = attrgetter(*[field.name for field in fields])
    return (item if isinstance(item, tuple) else taken(item) for item in chain.from_iterable(lists))
