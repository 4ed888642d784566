"""The page for quality staff is true: its files are sound and its commands run, in their order."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from test_cli import reviewqa

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
FILES = re.findall(r"`(team-rules/[\w./]+\.yaml)`:\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page's files and the sample archive."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "data" / "samples", desk / "data" / "samples")
    for name, text in FILES:
        path = desk / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return desk


def test_the_page_shows_a_cue_in_both_languages_and_a_rule() -> None:
    assert [name for name, _ in FILES] == [
        "team-rules/cues/en/agent/bad_news.yaml",
        "team-rules/cues/pl/agent/bad_news.yaml",
        "team-rules/anti_patterns/bare_bad_news.yaml",
    ]


def test_commands_run_in_their_order(desk: Path) -> None:
    said: dict[str, str] = {}
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "reviewqa"
        done = reviewqa(*arguments, cwd=desk)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
    assert len(said) >= 8
    assert ", 0 faults" in said[COMMANDS[0]]
    assert "Bare bad news: no such rule → present" in said["reviewqa rules backtest data/samples --rules team-rules"]
    assert "✔ cue agent/bad_news" in "".join(said.values())
    assert "Goła zła wiadomość" in "".join(said.values())
    assert "Bare bad news" in (desk / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("link", re.findall(r"\]\(([\w./-]+)\)", PAGE))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / "docs" / link).exists()
