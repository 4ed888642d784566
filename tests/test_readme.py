"""The README is true: its Python block and its commands run as they stand, and the targets it names exist."""

from __future__ import annotations

import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reviewqa.models.examples import read_turns
from reviewqa.rules.loader import default_rules

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCORES = (ROOT / "docs" / "scores.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip() for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if line.strip()
]


def test_python_block_runs_and_finds_the_apology() -> None:
    code, _ = [block for kind, block in BLOCKS if kind == "python"]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("met ['")


def test_an_archive_becomes_a_page_that_is_polish_throughout(tmp_path: Path) -> None:
    _, code = [block for kind, block in BLOCKS if kind == "python"]
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "reviews.html").read_text(encoding="utf-8")
    missed = [step.file.reasons.missed for step in default_rules().steps.values()]
    assert 'lang="pl"' in page[:200]
    assert not any(reason.en in page for reason in missed)
    assert any(reason.pl in page for reason in missed)


def test_the_explanation_of_a_score_adds_up_as_documented() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", SCORES, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^starts from .*please.*^logit", done.stdout, re.DOTALL | re.MULTILINE)


def test_own_labels_are_taken_as_documented(tmp_path: Path) -> None:
    (table,) = re.findall(r"```csv\n(.*?)```", SCORES, re.DOTALL)
    (tmp_path / "own.csv").write_text(table, encoding="utf-8")
    kind, rude = read_turns(tmp_path)
    assert (kind.ratings, rude.ratings) == ({"politeness": 1, "empathy": 0.5}, {"politeness": 0, "empathy": 0})
    assert kind.scenario != rude.scenario
    assert kind.context == "My order is gone."


def test_commands_run_in_their_order(tmp_path: Path) -> None:
    signal.alarm(240)  # a dozen commands, each of which starts anew
    assert len(COMMANDS) >= 6
    shutil.copytree(ROOT / "data" / "samples", tmp_path / "data" / "samples")
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "reviewqa"
        done = subprocess.run(
            [sys.executable, "-m", "reviewqa.cli", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "raport.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert 'lang="pl"' in (tmp_path / "raport.html").read_text(encoding="utf-8")[:200]


@pytest.mark.parametrize("target", re.findall(r"make (\w+)", README))
def test_make_targets_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:docs|data|src|benchmarks)/[\w./]*\w)`", README))))
def test_named_files_exist(path: str) -> None:
    assert (ROOT / path).exists()
