"""What the system tells of sleep and network: by its bus and by Qt.

All of it is a hint: the engines try at once, and believe what the server answers. Where a system tells
nothing, this module is quiet, and the engines' own clocks find out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import SLOT, QObject, Slot
from PySide6.QtDBus import QDBusConnection
from PySide6.QtNetwork import QNetworkInformation

log = logging.getLogger(__name__)

LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
NETWORK_MANAGER = (
    "org.freedesktop.NetworkManager",
    "/org/freedesktop/NetworkManager",
    "org.freedesktop.NetworkManager",
)
CONNECTED_SITE = 60
"""NetworkManager's states from here on lead beyond the local link: 60 site, 70 the whole internet."""
_REACHING = frozenset({QNetworkInformation.Reachability.Site, QNetworkInformation.Reachability.Online})


class GroundSignals(QObject):
    """Calls `shaken` when the system says that it has woken or that a network is there.

    bus: the system's; another one for tests. Lives on the GUI thread; `shaken` must not wait.
    """

    def __init__(
        self, shaken: Callable[[], None], parent: QObject | None = None, *, bus: QDBusConnection | None = None
    ) -> None:
        super().__init__(parent)
        self._shaken = shaken
        self._bus = QDBusConnection.systemBus() if bus is None else bus
        heard: list[str] = []
        if self._bus.isConnected():
            # PySide's stubs want bytes for a slot; it takes a text only.
            slots: tuple[Any, Any] = (SLOT("sleep(bool)"), SLOT("network(uint)"))
            if self._bus.connect(*LOGIND, "PrepareForSleep", self, slots[0]):
                heard.append("logind")
            if self._bus.connect(*NETWORK_MANAGER, "StateChanged", self, slots[1]):
                heard.append("NetworkManager")
        if QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
            information = QNetworkInformation.instance()
            information.reachabilityChanged.connect(self.reachable)
            heard.append(information.backendName())
        log.info("sleep and network are told by: %s", ", ".join(heard) or "nobody")

    @Slot(bool)
    def sleep(self, begins: bool) -> None:
        """Tell of the end of a sleep."""
        if not begins:
            self._tell("the system has woken")

    @Slot("uint")
    def network(self, state: int) -> None:
        """Tell of a network that leads somewhere."""
        if state >= CONNECTED_SITE:
            self._tell("the system has a network")

    @Slot(QNetworkInformation.Reachability)
    def reachable(self, how: QNetworkInformation.Reachability) -> None:
        """Tell the same of Qt's word."""
        if how in _REACHING:
            self._tell("the network is reachable")

    def _tell(self, what: str) -> None:
        log.info("%s", what)
        self._shaken()
