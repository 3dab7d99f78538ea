"""The guards of tests/conftest.py are themselves tested: each planted fault fails its test."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def test_every_planted_fault_is_caught(tmp_path: Path) -> None:
    """Slots, paint, models, buttons, timers, tasks, threads, processes, warnings, logs: none is silent."""
    report = tmp_path / "report.xml"
    # It lies where the root conftest applies, and is given by name, since pytest would not collect it.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:cov",
    ]
    command += ["-o", "junit_family=xunit1", f"--junitxml={report}", str(HERE / "planted_faults.py")]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert report.exists(), done.stdout + done.stderr
    failed: dict[str, bool] = {}
    for case in ET.parse(report).iter("testcase"):
        bad = case.find("failure") is not None or case.find("error") is not None
        failed[case.attrib["name"]] = failed.get(case.attrib["name"], False) or bad
    sound = {name for name in failed if name.startswith("test_sound_")}
    planted = set(failed) - sound
    assert len(planted) >= 20, done.stdout
    assert len(sound) >= 4, done.stdout
    assert {n for n in planted if not failed[n]} == set(), done.stdout
    assert {n for n in sound if failed[n]} == set(), done.stdout


@given(st.integers())
def test_generated_examples_run_under_the_guards(number: int) -> None:
    """Hypothesis and the automatic guards get along."""
    assert number - number == 0


def test_free_ports_differ(free_port: Callable[[], int]) -> None:
    """Two calls never give the same port, and none that the kernel hands out by itself."""
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == 20
    assert all(20_000 <= port < 28_000 for port in ports)


def test_profile_is_private(profile_dir: Path) -> None:
    """The profile folder is empty and its owner's alone."""
    assert not any(profile_dir.iterdir())
    if sys.platform != "win32":
        assert profile_dir.stat().st_mode & 0o077 == 0
