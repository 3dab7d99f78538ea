"""Data and logs lie where the system wants them, readable by their owner only."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from chatdesk.desktop import folders


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="follows XDG variables on free desktops")
def test_folders_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data folder follows XDG_DATA_HOME, the logs XDG_STATE_HOME, and both are for their owner."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    data, logs = folders.data_folder(), folders.log_folder()
    assert data == tmp_path / "data" / "chatdesk"
    assert logs.is_relative_to(tmp_path / "state" / "chatdesk")
    for folder in (data, logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert folders.data_folder() == data


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="follows XDG variables on free desktops")
def test_a_folder_that_can_not_be_made_is_told_by_who_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start goes on to the place where the trouble is put in words."""
    (tmp_path / "state").write_bytes(b"a file")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for folder in (folders.data_folder(), folders.log_folder()):
        assert folder.is_relative_to(tmp_path / "state")
        assert not folder.exists()
