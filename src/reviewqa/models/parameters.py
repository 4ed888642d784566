"""The file of a trained model: numpy arrays and a JSON header, no pickle. Loading runs no code from the file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reviewqa.errors import Fault, ModelError

VERSION = 1
LARGEST = 8_000_000


@dataclass(frozen=True)
class Parameters:
    """A linear model over named features.

    Arguments:
        name: ``politeness`` or ``empathy``.
        language: ``pl`` or ``en``.
        intercept: the logit of a turn without features.
        weights: what each feature adds to the logit, before the division by the root of the number of features.
        digest: of all of that.
    """

    name: str
    language: str
    intercept: float
    weights: dict[str, float]
    digest: str


def save(path: Path, name: str, language: str, intercept: float, weights: dict[str, float]) -> str:
    """Write a model; the same model gives the same bytes.

    Returns:
        Its digest.
    """
    names = sorted(weights)
    text = "\n".join(names).encode()
    values = np.array([weights[key] for key in names], dtype="<f4")
    digest = _digest(name, language, intercept, text, values)
    header = {"digest": digest, "intercept": intercept, "language": language, "name": name, "version": VERSION}
    with path.open("wb") as out:
        np.savez(
            out,
            header=np.frombuffer(json.dumps(header, sort_keys=True).encode(), dtype=np.uint8),
            features=np.frombuffer(text, dtype=np.uint8),
            weights=values,
        )
    return digest


def load(path: Path) -> Parameters:
    """Read a model.

    Raises:
        ModelError: the file is missing, truncated, altered or of another version.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ModelError(Fault(str(path), f"is larger than {LARGEST} bytes; this is no model of this package"))
        with path.open("rb") as source, np.load(source, allow_pickle=False) as arrays:
            header: dict[str, Any] = json.loads(arrays["header"].tobytes())
            text, values = arrays["features"].tobytes(), arrays["weights"]
        if header["version"] != VERSION:
            what = f"has version {header['version']}, this package reads {VERSION}; run `reviewqa models train`"
            raise ModelError(Fault(str(path), what))
        name, language, intercept = str(header["name"]), str(header["language"]), float(header["intercept"])
        names = text.decode().split("\n")
        if len(names) != len(values) or header["digest"] != _digest(name, language, intercept, text, values):
            raise ModelError(Fault(str(path), "was altered or truncated; run `reviewqa models train` or reinstall"))
    except FileNotFoundError:
        raise ModelError(Fault(str(path), "is missing; run `reviewqa models train` or reinstall")) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(Fault(str(path), f"is no model file: {error}")) from error
    weights = dict(zip(names, values.astype(float).round(4).tolist(), strict=True))
    return Parameters(name, language, intercept, weights, str(header["digest"]))


def _digest(name: str, language: str, intercept: float, text: bytes, values: np.ndarray[Any, Any]) -> str:
    digest = hashlib.sha256(f"{VERSION} {name} {language} {intercept!r}\n".encode() + text)
    digest.update(values.astype("<f4").tobytes())
    return digest.hexdigest()[:16]
