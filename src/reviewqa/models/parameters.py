"""The file of a language's models: numpy arrays and a JSON header, no pickle. Loading runs no code from the file.

Both scores read the same grams: single tokens (which are also all that the models know of the language), pairs and
triples. Weights are whole thousandths of a logit, so that sums are exact in any order and on any machine; a levelled
score multiplies the sum once.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.errors import Fault, ModelError
from reviewqa.review import SCORES

VERSION = 3
LARGEST = 8_000_000
"""Bytes of a file, and of each array in it; two languages stay below 8 MB."""
UNIT = 1000
"""Weights are given in this part of a logit."""


@dataclass(frozen=True)
class Head:
    """What one score of a language starts from.

    Arguments:
        intercept: thousandths of a logit; the score of a turn that says nothing the model knows.
        below: thousandths of a logit; a turn that stays under it shows nothing of what the score asks for.
        least: the value of such a turn, 0 to 1: what readers gave such turns on average.
        levelled: whether weights count by how long a turn is (see ``sums.level``).
    """

    intercept: int
    below: int = -(2**31)
    least: float = 0.0
    levelled: bool = False


@dataclass(frozen=True)
class Parameters:
    """The models of a language, linear over grams.

    Arguments:
        language: ``pl`` or ``en``.
        heads: for each score.
        weights: for each gram (tokens joined by spaces) what it adds to the logit of each score, in thousandths.
        digest: of all of that.
    """

    language: str
    heads: Mapping[str, Head]
    weights: Mapping[str, tuple[int, ...]]
    digest: str


def save(path: Path, language: str, heads: Mapping[str, Head], weights: Mapping[str, tuple[int, ...]]) -> str:
    """Write a model; the same model gives the same bytes.

    Returns:
        Its digest.
    """
    grams = sorted(weights)
    text = "\n".join(grams).encode()
    values = np.array([weights[gram] for gram in grams], dtype="<i2").reshape(len(grams), len(SCORES))
    header: dict[str, Any] = {"language": language, "version": VERSION}
    header["heads"] = {name: list(astuple(heads[name])) for name in SCORES}
    header["digest"] = digest = _digest(header, text, values)
    with path.open("wb") as out:
        np.savez(
            out,
            header=np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8),
            grams=np.frombuffer(text, dtype=np.uint8),
            weights=values,
        )
    return digest


def parts(path: Path, names: str) -> tuple[dict[str, Any], bytes, np.ndarray[Any, Any]]:
    """Open a file of parameters: its header, what ``names`` holds, and its weights. No code of the file is run.

    Raises:
        ModelError: it is larger than any of this package, or would become so.
        OSError, ValueError, KeyError and the like: it is no such file.
    """
    if path.stat().st_size > LARGEST:
        raise ModelError(Fault(str(path), f"is larger than {LARGEST} bytes; this is no model of this package"))
    with zipfile.ZipFile(path) as archive:
        if any(member.file_size > LARGEST for member in archive.infolist()):
            raise ModelError(Fault(str(path), f"holds more than {LARGEST} bytes; this is no model of this package"))
    with path.open("rb") as source, np.load(source, allow_pickle=False) as arrays:
        return json.loads(arrays["header"].tobytes()), arrays[names].tobytes(), arrays["weights"]


def load(path: Path) -> Parameters:
    """Read a model.

    Raises:
        ModelError: the file is missing, truncated, altered or of another version.
    """
    try:
        header, text, values = parts(path, "grams")
        if header["version"] != VERSION:
            what = f"has version {header['version']}, this package reads {VERSION}; run `reviewqa models train`"
            raise ModelError(Fault(str(path), what))
        digest = header.pop("digest")
        grams = text.decode().split("\n")
        if values.shape != (len(grams), len(SCORES)) or digest != _digest(header, text, values):
            raise ModelError(Fault(str(path), "was altered or truncated; run `reviewqa models train` or reinstall"))
        heads = {name: Head(*header["heads"][name]) for name in SCORES}
        language = str(header["language"])
    except FileNotFoundError:
        raise ModelError(Fault(str(path), "is missing; run `reviewqa models train` or reinstall")) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile) as error:
        raise ModelError(Fault(str(path), f"is no model file: {error}")) from error
    return Parameters(language, heads, dict(zip(grams, map(tuple, values.tolist()), strict=True)), str(digest))


def _digest(header: Mapping[str, Any], text: bytes, values: np.ndarray[Any, Any]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode() + b"\n" + text)
    digest.update(values.astype("<i2").tobytes())
    return digest.hexdigest()[:16]
