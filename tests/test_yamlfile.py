"""The files that people write: what is refused, with which words, and at which line.

``mutants/`` holds one broken file for each check. The first line says what has to be told (`` ... `` stands for any
words); ``# as:`` lines say where in a folder the text below them stands. Line numbers are those of the mutant file.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from builders import rules
from reviewqa.charter import Charter
from reviewqa.errors import ReviewqaError
from reviewqa.rules.checker import check
from reviewqa.yamlfile import YamlFile

MUTANTS = Path(__file__).parent / "mutants"
RULES = sorted((MUTANTS / "rules").glob("*.yaml"))
CHARTERS = sorted((MUTANTS / "charters").glob("*.yaml"))


def spread(mutant: Path, target: Path) -> str:
    """Write the files of a mutant where they belong, each text at its own lines; what is expected of them."""
    lines = mutant.read_bytes().splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith(b"# as: ")]
    pad = next((int(line[7:]) for line in lines if line.startswith(b"# pad: ")), 0)
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        path = target / lines[start][6:].decode().strip()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\n" * (start + 1) + b"".join(lines[start + 1 : end]) + b"#" * pad)
    return lines[0].decode().removeprefix("# expect: ").strip()


def assert_told(expected: str, told: list[str]) -> None:
    pattern = re.compile(".*".join(re.escape(part) for part in expected.split(" ... ")), re.DOTALL)
    assert any(pattern.match(fault) for fault in told), "\n".join([f"expected: {expected}", "told:", *told])


def test_there_are_mutants() -> None:
    assert len(RULES) > 40
    assert len(CHARTERS) > 15


@pytest.mark.parametrize("mutant", RULES, ids=lambda path: path.stem)
def test_broken_rules_are_refused(mutant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    expected = spread(mutant, tmp_path)
    try:
        told = [str(fault) for fault in check(rules(Path("rules"))).faults]
    except ReviewqaError as error:
        told = [str(fault) for fault in error.faults]
    assert_told(expected, told)


@pytest.mark.parametrize("mutant", CHARTERS, ids=lambda path: path.stem)
def test_broken_charters_are_refused(mutant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = spread(mutant, tmp_path)
    rule_set = rules()
    with pytest.raises(ReviewqaError) as error:
        Charter.load("charter.yaml", tuple(rule_set.steps), tuple(rule_set.anti_patterns))
    assert_told(expected, str(error.value).splitlines())


def test_all_faults_are_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("unknown_key", "wrong_severity", "wrong_suffix"):
        spread(MUTANTS / "rules" / f"{name}.yaml", tmp_path)
    with pytest.raises(ReviewqaError) as error:
        rules(Path("rules"))
    told = str(error.value)
    assert "unknown key 'phrase'" in told
    assert "'awful' is not one of" in told
    assert "is not a .yaml file" in told


def test_the_sound_pack_under_the_mutants_has_no_faults() -> None:
    checked = check(rules())
    assert checked.faults == ()
    assert checked.examples > 20


def test_a_missing_file_and_a_missing_folder_are_told(tmp_path: Path) -> None:
    assert [str(fault) for fault in YamlFile(tmp_path / "none.yaml", "none.yaml").faults] == [
        "none.yaml: cannot be read: No such file or directory"
    ]
    with pytest.raises(ReviewqaError, match=r"none: is no folder"):
        rules(tmp_path / "none")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!mine {a: 1}"])
def test_tags_build_nothing(tag: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"means: {tag}\n", encoding="utf-8")
    source = YamlFile(path, "x.yaml")
    assert source.data is None
    assert str(source.faults[0]).startswith("x.yaml:1: not valid YAML: could not determine a constructor")


def test_deep_nesting_is_refused_and_does_not_end_the_program(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "deep.yaml"
    path.write_text("means: " + "[" * 200_000 + "]" * 200_000, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from reviewqa.yamlfile import YamlFile\n"
        "print(YamlFile(Path(sys.argv[1])).faults)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "nest" in done.stdout  # our limit, or that of the YAML library


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfmeans: one\r\nother: two\r\n")
    source = YamlFile(path, "x.yaml")
    assert source.faults == []
    assert source.data == {"means": "one", "other": "two"}
    assert source.where(("other",)) == "x.yaml:2"
