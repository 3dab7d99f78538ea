"""The end of a sleep and a network that comes are told to the engines, where a system tells of them."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusAddress, new_method_call, new_signal  # type: ignore[import-untyped]
from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped]
from PySide6.QtCore import QObject
from PySide6.QtDBus import QDBusConnection
from PySide6.QtNetwork import QNetworkInformation

from chatdesk.desktop import way
from chatdesk.desktop.ground import LOGIND, NETWORK_MANAGER, GroundSignals
from tests.conftest import Ui

Reachability = QNetworkInformation.Reachability


class System:
    """A private bus with somebody on it who speaks as logind and as NetworkManager."""

    def __init__(self, address: str) -> None:
        self.heard: list[str] = []
        self.ours = QDBusConnection.connectToBus(address, "ours")
        self._theirs = open_dbus_connection(address)
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        for service, _path, _interface in (LOGIND, NETWORK_MANAGER):
            asked = new_method_call(bus, "RequestName", "su", (service, 0))
            assert self._theirs.send_and_get_reply(asked, timeout=10).body == (1,)

    def shaken(self) -> None:
        self.heard.append("shaken")

    def says(self, who: tuple[str, str, str], signal: str, kind: str, value: Any) -> None:
        _service, path, interface = who
        self._theirs.send(new_signal(DBusAddress(path, interface=interface), signal, kind, (value,)))

    def close(self) -> None:
        self._theirs.close()
        QDBusConnection.disconnectFromBus("ours")


@pytest.fixture
def system(qapp: object) -> Iterator[System]:
    if not shutil.which("dbus-daemon"):
        pytest.skip("needs dbus-daemon: make test has it")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        made = System(daemon.stdout.readline().strip())
        yield made
        made.close()
        daemon.terminate()


def heard(ui: Ui, system: System, times: int) -> None:
    """Wait until so much was heard; what was said before was heard before, too."""

    async def wait() -> None:
        await ui.until(lambda: len(system.heard) >= times)

    ui.run(wait())


def test_the_end_of_a_sleep_is_told(ui: Ui, system: System) -> None:
    """logind tells of the beginning, too; that one changes nothing."""
    signals = GroundSignals(system.shaken, bus=system.ours)
    system.says(LOGIND, "PrepareForSleep", "b", True)
    system.says(LOGIND, "PrepareForSleep", "b", False)
    heard(ui, system, 1)
    system.says(LOGIND, "PrepareForSleep", "b", False)
    heard(ui, system, 2)
    assert system.heard == ["shaken"] * 2
    signals.deleteLater()


def test_a_network_that_leads_somewhere_is_told(ui: Ui, system: System) -> None:
    """Being disconnected, connecting, or on the local link alone is no reason to try."""
    signals = GroundSignals(system.shaken, bus=system.ours)
    for state in (20, 40, 50, 60, 70):
        system.says(NETWORK_MANAGER, "StateChanged", "u", state)
    heard(ui, system, 2)
    system.says(LOGIND, "PrepareForSleep", "b", False)
    heard(ui, system, 3)
    assert system.heard == ["shaken"] * 3
    signals.deleteLater()


def test_qts_word_is_told_where_a_network_is_reached(ui: Ui) -> None:
    """On systems without such a bus; going offline tells nothing."""
    told: list[str] = []
    signals = GroundSignals(lambda: told.append("shaken"), bus=QDBusConnection("nobody's"))
    for how in (Reachability.Disconnected, Reachability.Local, Reachability.Unknown):
        signals.reachable(how)
    assert told == []
    if QNetworkInformation.instance() is None:
        signals.reachable(Reachability.Online)
    else:
        QNetworkInformation.instance().reachabilityChanged.emit(Reachability.Online)
    assert told == ["shaken"]
    signals.deleteLater()


def test_without_a_bus_nothing_is_told_and_nothing_fails(ui: Ui) -> None:
    """Nor does a window that has closed hear anything."""
    parent = QObject()
    GroundSignals(lambda: pytest.fail("nobody said so"), parent, bus=QDBusConnection("nobody's"))
    parent.deleteLater()


def test_the_way_is_an_address_of_this_machine_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The routes are asked; without one for either kind of address there is no way."""
    found = way.way()
    if found:
        with socket.socket(socket.AF_INET6 if ":" in found else socket.AF_INET, socket.SOCK_DGRAM) as here:
            here.bind((found, 0))
    monkeypatch.setattr(way, "NOWHERE", ((socket.AF_INET, "127.0.0.9"),))
    assert way.way().startswith("127.")
    monkeypatch.setattr(way, "NOWHERE", ((socket.AF_INET, "no address"), (socket.AF_INET6, "2001:db8::zz")))
    assert way.way() == ""
