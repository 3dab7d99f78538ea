"""One running window over one data folder: every part is built here and handed its collaborators."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import qasync
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from chatdesk import __version__
from chatdesk.desktop.way import way
from chatdesk.desktop.witness import KeyringWitness
from chatdesk.domain.errors import DiskTrouble, StoreProblem, WorldError
from chatdesk.domain.health import StartKind, integrity_sentence, recovery_sentence
from chatdesk.domain.kinds import Platform
from chatdesk.domain.ports import PlatformPlugin, Vault
from chatdesk.services.desk import Desk
from chatdesk.services.unsaved import take_over
from chatdesk.store import Store
from chatdesk.store.crashes import WELL_AFTER_S
from chatdesk.store.recovery import open_store
from chatdesk.sync.host import EngineHost
from chatdesk.ui.clock import Clock
from chatdesk.ui.context import UiContext
from chatdesk.ui.entries import PlatformEntry
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.garbage import GuiCollector
from chatdesk.ui.i18n import tr
from chatdesk.ui.icons import Icons
from chatdesk.ui.preferences import (
    GEOMETRY,
    LAST_ACCOUNT,
    LAST_CONVERSATION,
    LIST_WIDTH,
    PANEL_WIDTH,
    THEME,
    ZOOM,
    Preferences,
)
from chatdesk.ui.tasks import Tasks, Troubles
from chatdesk.ui.theme import Theme
from chatdesk.ui.window import MainWindow
from chatdesk.ui.words import error_sentences, looking_sentences

log = logging.getLogger(__name__)

Plugins = Mapping[Platform, PlatformPlugin]
_PLACES = frozenset(one.key for one in (GEOMETRY, LAST_ACCOUNT, LAST_CONVERSATION, LIST_WIDTH, PANEL_WIDTH))
"""What is not restored where starting has failed twice."""


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What the machine around us gives beside the data folder; a profile that is thrown away has none of it.

    witness: vouches for the ledger. logs: folder of log and traces, for the report of a crash.
    """

    witness: KeyringWitness | None = None
    logs: Path | None = None


class Program:
    """The parts of one running chatdesk, on the GUI thread. `close` ends them in the right order."""

    def __init__(
        self,
        app: QApplication,
        store: Store,
        plugins: Plugins,
        vault: Vault,
        *,
        around: Surroundings | None = None,
    ) -> None:
        self.store = store
        self._around = around or Surroundings()
        self.reader = store.reader()
        self.engines = EngineHost(store, plugins, vault, way=way)
        self.desk = Desk(store, self.engines, self.reader)
        self.troubles = Troubles()
        self.feed = ChangeFeed(store, self.engines)
        self._keeper = QObject()
        self._saving = Tasks(self._keeper, self.troubles)
        self.preferences = Preferences(self._setting, self._save_setting)
        self.theme = Theme(app, self.preferences.get(THEME), self.preferences.get(ZOOM))
        self.context = UiContext(
            desk=self.desk,
            feed=self.feed,
            theme=self.theme,
            icons=Icons(self.theme),
            clock=Clock(),
            preferences=self.preferences,
            troubles=self.troubles,
            platforms=tuple(describe(plugin) for plugin in plugins.values()),
        )
        self.window = MainWindow(self.context)
        self._after_paint = _AfterFirstPaint(self.window, self._start_engines)
        self.network_started = asyncio.Event()
        """Its thread runs; set some time after the first paint."""
        self._closed = False
        self.successor: Store | None = None
        """The folder that this one only looks at, open to be written to: for the next program."""
        self._unsaved: dict[str, str] = {}
        """Settings that could not be saved."""

    def show(self) -> None:
        """Show the window from the store alone; the network starts after its first paint."""
        self.window.show()

    async def until_closed(self) -> None:
        """Return once the person has closed the window and what was typed is on disk."""
        closed = asyncio.get_running_loop().create_future()
        self.window.closed.connect(lambda: None if closed.done() else closed.set_result(None))
        await closed

    async def close(self) -> None:
        """Save what is open, stop the engines, close the database. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        await self.window.settle()
        self.window.hide()
        self.feed.close()
        await asyncio.get_running_loop().run_in_executor(None, self.engines.stop)
        self._saving.cancel_all()
        self.window.deleteLater()
        self.reader.close()
        await asyncio.get_running_loop().run_in_executor(None, self.store.close)
        if self._around.witness is not None:
            await self._around.witness.settle()

    def _start_engines(self) -> None:
        if not self._closed and self.store.trouble is not None:
            self._only_look(self.store.trouble)
        elif not self._closed:
            # What lives by now lives to the end; the collector need not look at it again.
            gc.collect()
            gc.freeze()
            self.engines.start()
            self.network_started.set()
            self._listen_to_system()
            self._tell_of_recovery()
            self._offer_report()
            if self._around.witness is not None:
                self._saving.start("witness", self._around.witness.begin(anew=self.store.is_new))

    def _only_look(self, trouble: DiskTrouble) -> None:
        """Nothing can be kept, so nothing is asked of a server: what came in would be lost."""
        self.engines.stop()
        self.network_started.set()
        words = looking_sentences(trouble.ill)
        self.window.chat.banner.reopen_asked.connect(self._open_again)
        self.window.chat.banner.show_looking(words)
        self.window.status.tell(words.title)

    def _open_again(self) -> None:
        """Open the folder as at a start; the next program goes on with all that was typed here."""

        def opening() -> Store:
            store = open_store(self.store.folder, witness=self._around.witness)
            try:
                take_over(store, self.window.chat.composer.unsaved(), self._unsaved)
            except BaseException:
                store.close()
                raise
            return store

        try:
            self.successor = self.store.yield_to(opening)
        except WorldError as problem:
            log.info("the database did not open: %s", type(problem).__name__)
            self.window.status.tell(tr("Nothing has changed: {title}.", title=error_sentences(problem).title))
        else:
            self.window.close()

    def _listen_to_system(self) -> None:
        """Hear of the end of a sleep and of networks that come. Loaded late: the window has been painted."""
        from chatdesk.desktop.ground import GroundSignals

        GroundSignals(self.engines.shaken, self._keeper)

    def _tell_of_recovery(self) -> None:
        """After an unclean end: what was found, and a check that nobody waits for."""
        well = QTimer(self._keeper)
        well.setSingleShot(True)
        well.timeout.connect(self._runs_well)
        well.start(round(WELL_AFTER_S * 1_000))
        sentence = recovery_sentence(self.store.recovery)
        if sentence:
            log.info("the start: %s", self.store.recovery.kind.value)
            self.window.status.tell(sentence)
            if self.store.recovery.kind is not StartKind.UNCLEAN:
                self.window.asks.tell_recovery(sentence)
        if not self.store.ended_cleanly:
            self._saving.start("check", self._check())

    def _offer_report(self) -> None:
        """After two crashes in a row; what is known is collected only when the person asks for it."""
        logs, store = self._around.logs, self.store
        if logs is None or not store.is_careful:
            return

        def compose() -> str:
            from chatdesk.desktop import report  # of use to nobody else, and a start is to be quick

            return report.compose(store.folder, logs, store.recovery, store.crashes_before)

        self.window.asks.offer_report(compose)

    async def _check(self) -> None:
        """Tell of what the check has found, where it is not sound."""
        found = await asyncio.wrap_future(self.store.check())
        if not found.is_sound:
            self.window.status.tell(integrity_sentence(found))

    def _runs_well(self) -> None:
        """A minute has passed: this start is none that fails, and what was told has been seen."""
        if not self._closed:
            self.store.runs_well()
            self._saving.start("recovery", self._was_told())

    async def _was_told(self) -> None:
        await asyncio.wrap_future(self.store.recovery_was_told())

    def _setting(self, key: str) -> str | None:
        """What is remembered; after two crashes in a row nothing of where the person was."""
        return None if self.store.is_careful and key in _PLACES else self.reader.setting(key)

    def _save_setting(self, key: str, value: str) -> None:
        if self.successor is not None:
            self.successor.put_setting(key, value)
            return
        if self.store.trouble is not None:
            self._unsaved[key] = value
            return
        self._saving.start(f"setting {key}", self.desk.put_setting(key, value), exclusive=False)


def describe(plugin: PlatformPlugin) -> PlatformEntry:
    """What the window needs of a plugin: a plain description, and no way to its adapter."""
    return PlatformEntry(
        platform=plugin.platform,
        default_port=plugin.default_port,
        sign_in=plugin.sign_in,
        settings=plugin.settings,
        forgets_completed=plugin.forgets_completed,
    )


class _AfterFirstPaint(QObject):
    """Calls back once, after the watched window has been painted for the first time."""

    def __init__(self, window: MainWindow, callback: Callable[[], None]) -> None:
        super().__init__(window)
        self._callback = callback
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Paint and watched is self._window:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self._callback)
        return False


Script = Callable[[Program], Awaitable[int]]


class Profiling:
    """Marks the stages of a start, and has the program end when all of it is there.

    mark: takes the name of a stage that has ended. stop: nothing is marked from then on.
    """

    def __init__(self, mark: Callable[[str], None], stop: Callable[[], None]) -> None:
        self.mark = mark
        self._stop = stop
        self._content = asyncio.Event()

    def watch(self, window: MainWindow) -> None:
        """Mark the first paint of a window that is about to be shown, and that of its content."""
        from chatdesk.ui.painted import FirstPaints

        paints = FirstPaints(window, *window.content())
        paints.painted.connect(lambda: self.mark("first paint"))
        paints.content_painted.connect(self._on_content)
        self.mark("window built")

    async def until_done(self, program: Program) -> None:
        """Return once the content is painted and the network has been started, which no paint waits for."""
        await self._content.wait()
        await program.network_started.wait()
        self.mark("network started")
        self._stop()

    def _on_content(self) -> None:
        self.mark("content painted")
        self._content.set()


def make_app(arguments: list[str]) -> QApplication:
    """The Qt application with its names; at most one in a process."""
    QCoreApplication.setApplicationName("chatdesk")
    QCoreApplication.setApplicationVersion(__version__)
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, on=True)
    app = QApplication(arguments)
    app.setQuitOnLastWindowClosed(False)
    app.setDesktopFileName("chatdesk")
    return app


def run(
    folder: Path,
    plugins: Plugins,
    vault: Vault,
    script: Script | None = None,
    *,
    around: Surroundings | None = None,
    profiling: Profiling | None = None,
) -> int:
    """Run the window until it is closed, or until `script` (a journey of the demo) has ended.

    folder: of the database; made if missing. Returns the exit status. SIGTERM (the desktop logs out) ends it
    as closing does: what was typed is on disk first.
    """
    app = make_app(["chatdesk"])
    if profiling is not None:
        profiling.mark("Qt application")
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:

        def made(store: Store) -> Program:
            return Program(app, store, plugins, vault, around=around)

        return runner.run(_live(app, folder, made, script, around, profiling))


async def _live(
    app: QApplication,
    folder: Path,
    made: Callable[[Store], Program],
    script: Script | None,
    around: Surroundings | None,
    profiling: Profiling | None,
) -> int:
    try:
        with _cancelled_by(signal.SIGTERM):
            store = await _open_store(app, folder, around)
            if store is None:
                return 1
            if profiling is not None:
                profiling.mark("database opened")
            status = 0
            while store is not None:
                status, store = await _show(made, store, script, profiling)
            return status
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM


async def _show(
    made: Callable[[Store], Program], store: Store, script: Script | None, profiling: Profiling | None
) -> tuple[int, Store | None]:
    """The exit status, and what the next window shall be over, where the person has had it opened anew."""
    collector = GuiCollector()
    program = made(store)
    try:
        if profiling is not None:
            profiling.watch(program.window)
        program.show()
        if profiling is not None:
            await profiling.until_done(program)
            return 0, None
        if script is not None:
            return await script(program), None
        await program.until_closed()
        return 0, program.successor
    finally:
        await program.close()
        collector.stop()


@contextmanager
def _cancelled_by(sign: signal.Signals) -> Iterator[None]:
    """While it lasts, the signal cancels the present task. Main thread only."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - only called inside one
    previous = signal.signal(sign, lambda *_: loop.call_soon_threadsafe(task.cancel))
    try:
        yield
    finally:
        signal.signal(sign, previous)


async def _open_store(app: QApplication, folder: Path, around: Surroundings | None = None) -> Store | None:
    """The database, however often the person tries again; None when they give up."""
    while True:
        try:
            return _opened(folder, around)
        except StoreProblem as problem:
            log.warning("the database did not open: %s", type(problem).__name__)
            if not await _ask_again(app, problem):
                return None


def _opened(folder: Path, around: Surroundings | None) -> Store:
    """The database, at least to be looked at. Raises StoreProblem."""
    try:
        return open_store(folder, witness=around.witness if around is not None else None)
    except DiskTrouble as trouble:
        from chatdesk.store.looking import look_store  # few starts need it

        store = look_store(folder, trouble)
        log.warning("the database can only be read: %s", trouble)
        return store


async def _ask_again(app: QApplication, problem: StoreProblem) -> bool:
    """Show what is wrong; True when the person wants another try."""
    from chatdesk.ui.dialogs.trouble import TroubleWindow

    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    window = TroubleWindow(Theme(app), problem, details=str(problem))
    window.retry_asked.connect(lambda: None if answer.done() else answer.set_result(True))
    window.quit_asked.connect(lambda: None if answer.done() else answer.set_result(False))
    window.show()
    try:
        return await answer
    finally:
        window.hide()
        window.deleteLater()
