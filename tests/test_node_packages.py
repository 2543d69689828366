"""What tools/node-packages does where Node.js packages cannot be installed: with an npm that fails as told."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.interop import test_stacks
from tests.support import whip_peer
from tests.support.server import ROOT

SECONDS = 20
NPM = r"""#!/usr/bin/env bash
here=$(basename "$PWD")
echo "$here nodedir=${npm_config_nodedir:-} $*" >> "$NPM_TOLD"
case "$here $*" in
  *"$NPM_FAILS"*--ignore-scripts*) [ "${NPM_OFFLINE:-}" ] && exit 1 ;;
  *"$NPM_FAILS"*) echo "npm error as told" >&2; exit 1 ;;
esac
mkdir -p node_modules
"""
NODE = """#!/usr/bin/env bash
echo "$NODE_PREFIX"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for folder in ("tools", "bin", "prefix/include/node", "web-client", "tests/interop"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "node-packages", tmp_path / "tools")
    for name, text in (("npm", NPM), ("node", NODE)):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    for folder in ("web-client", "tests/interop"):
        (tmp_path / folder / "package.json").write_text("{}")
    return tmp_path


def run(checkout: Path, *, fails: str = "nothing", **more: str) -> tuple[int, str, list[str]]:
    """The exit code, what is said, and how npm was called."""
    told = checkout / "told"
    told.write_text("")
    environment = {
        "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}",
        "NPM_TOLD": str(told),
        "NPM_FAILS": fails,
        "NODE_PREFIX": str(checkout / "prefix"),
    } | more
    tool = checkout / "tools" / "node-packages"
    done = subprocess.run([tool], env=environment, capture_output=True, text=True, timeout=SECONDS)
    return done.returncode, done.stdout + done.stderr, told.read_text().splitlines()


def test_installs_once_with_the_headers_beside_node(checkout: Path) -> None:
    (checkout / "prefix/include/node/node.h").touch()
    code, _, calls = run(checkout)
    assert code == 0
    assert [call.split()[:3] for call in calls] == [
        [folder, f"nodedir={checkout / 'prefix'}", "ci"] for folder in ("web-client", "interop")
    ]
    assert run(checkout) == (0, "", [])


def test_without_headers_npm_decides(checkout: Path) -> None:
    assert all("nodedir= " in call for call in run(checkout)[2])


def test_what_the_page_needs_has_to_be_there_and_npm_says_why_it_is_not(checkout: Path) -> None:
    code, said, calls = run(checkout, fails="web-client")
    assert code == 1
    assert "npm error as told" in said
    assert len(calls) == 1


def test_what_cannot_be_compiled_costs_its_own_tests_alone(checkout: Path) -> None:
    code, said, calls = run(checkout, fails="interop")
    assert code == 0
    assert "unix-dgram could not be compiled (var/node-packages.log)" in said
    assert "--ignore-scripts" in calls[-1]
    assert "npm error as told" in (checkout / "var/node-packages.log").read_text()
    assert run(checkout, fails="interop") == (0, "", [])


def test_other_stacks_that_cannot_be_installed_cost_their_tests_and_are_tried_again(checkout: Path) -> None:
    code, said, _ = run(checkout, fails="interop", NPM_OFFLINE="1")
    assert code == 0
    assert "the tests that need them are skipped" in said
    assert not (checkout / "tests/interop/node_modules").exists()
    assert len(run(checkout)[2]) == 1


def test_a_whep_server_without_its_compiled_part_is_none(tmp_path: Path) -> None:
    assert whip_peer.without_whep(tmp_path).startswith("no janus-whep-server")
    (tmp_path / "janus-whep-server").mkdir()
    assert whip_peer.without_whep(tmp_path).startswith("unix-dgram")
    compiled = tmp_path / "unix-dgram/build/Release/unix_dgram.node"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    assert not whip_peer.without_whep(tmp_path)


def test_a_stack_that_is_not_installed_is_skipped_but_not_by_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_stacks, "FOLDER", tmp_path)
    monkeypatch.delenv("MCU_TEST_STACKS", raising=False)
    stack = test_stacks.Stack("werift", "VP8")
    with pytest.raises(pytest.skip.Exception, match="no werift"):
        _ = stack.command
    monkeypatch.setenv("MCU_TEST_STACKS", "required")
    with pytest.raises(pytest.fail.Exception, match="no werift"):
        _ = stack.command
