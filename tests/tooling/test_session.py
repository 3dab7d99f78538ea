"""packaging/dev/session.sh gives what it promises, and the display pass of `make test` is real."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import keyring
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

OWNER = [
    "dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/",
    "org.freedesktop.DBus.NameHasOwner",
]  # fmt: skip


@pytest.mark.session
@pytest.mark.parametrize("name", ["org.freedesktop.secrets", "org.freedesktop.Notifications", "org.a11y.Bus"])
def test_service_is_there(name: str) -> None:
    """Keyring, notifications and accessibility answer on the private bus."""
    done = subprocess.run([*OWNER, f"string:{name}"], capture_output=True, text=True, timeout=10, check=True)
    assert "boolean true" in done.stdout


@pytest.mark.session
def test_keyring_is_unlocked() -> None:
    """A secret is kept, found and forgotten without a question to anybody."""
    keyring.set_password("chatdesk-tooling", "tester", "a secret")
    assert keyring.get_password("chatdesk-tooling", "tester") == "a secret"
    keyring.delete_password("chatdesk-tooling", "tester")
    assert keyring.get_password("chatdesk-tooling", "tester") is None


@pytest.mark.session
def test_home_is_thrown_away() -> None:
    """Home and run-time folders lie in the session's own temporary folder."""
    folders = [Path(os.environ[name]) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")]
    assert all(any(p.name.startswith("chatdesk-session.") for p in folder.parents) for folder in folders)


@pytest.mark.display
def test_display_is_real(qtbot: QtBot) -> None:
    """In the display pass a window is exposed on an X server."""
    assert QGuiApplication.platformName() == "xcb"
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    assert window.grab().width() == round(window.width() * window.devicePixelRatioF())


def test_without_a_session_the_persons_keyring_is_out_of_reach() -> None:
    """Outside the private session no test can reach the keyring of the person who runs it."""
    if os.environ.get("CHATDESK_SESSION") == "1":
        assert "chatdesk-session." in os.environ["DBUS_SESSION_BUS_ADDRESS"]
    else:
        assert type(keyring.get_keyring()).__module__ == "keyring.backends.fail"
