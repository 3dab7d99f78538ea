"""Looking things up: kinds, scopes, words, pages, and what can be done with what was found."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import ActionKind, FindKind, FindScope, Hit, Lookup, Result
from chatdesk.domain.errors import NotDone
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.ui.asking.hits import HIT_ROLE, MOST_HITS, HitModel, hit_sentence
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import Seat
from tests.ui.asking.made import FINDS, a_hit, equip
from tests.ui.asking.stage import Stage, click

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def lookups(stage: Stage) -> list[Lookup]:
    """What the server was asked for."""
    return [lookup for _account, lookup in stage.seat.engines.asked("find")]


def titles(stage: Stage) -> list[str]:
    model = stage.asking.finder.hits
    found = [model.hit(row) for row in range(model.rowCount())]
    return [hit.title for hit in found if hit is not None]


class TestModel:
    def test_it_obeys_the_rules_of_item_models(self, qtmodeltester: Any) -> None:
        """Empty, filled, grown and emptied, Qt's own tester finds no fault."""
        model = HitModel()
        qtmodeltester.check(model)
        model.show([a_hit(str(n)) for n in range(5)])
        qtmodeltester.check(model)
        assert model.add([a_hit("4", title="Changed"), a_hit("5"), a_hit("5")]) == 1
        qtmodeltester.check(model)
        assert [model.index(row).data(HIT_ROLE).title for row in (4, 5)] == ["Changed", "Parcel 5"]
        model.clear()
        qtmodeltester.check(model)

    def test_never_grows_without_end(self) -> None:
        """A server that never stops fills the list up to its limit."""
        model = HitModel()
        for page in range(3):
            model.add([a_hit(f"{page}-{n}") for n in range(900)])
        assert model.rowCount() == MOST_HITS

    def test_hostile_words_are_one_plain_line(self) -> None:
        """Whatever a server says, it is spoken as one line."""
        hit = a_hit("1", title="<b>a\nb\u202e</b>", detail="\ud800", status_label="x" * 5_000)
        spoken = hit_sentence(hit)
        assert spoken.startswith("<b>a b </b>, xx")
        assert "\n" not in spoken
        assert "\ufffd" in spoken
        assert len(spoken) < 700


class TestLooking:
    def test_kinds_and_scopes(self, ui: Ui, stage: Stage) -> None:
        """Each kind is a tab, each scope a chip; choosing asks anew, with nothing of before."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda asked: Result(hits=(a_hit(asked.scope.value, asked.kind),))
            stage.window.commands.action("find.show").trigger()
            finder = stage.asking.finder
            assert finder.isVisible()
            await ui.until(lambda: titles(stage) == ["Parcel all"])
            finder.choose_scope(FindScope.RECEIVED)
            await ui.until(lambda: titles(stage) == ["Parcel received"])
            assert finder.search.isVisible()
            finder.choose_kind(FindKind.TRIP)
            await ui.until(lambda: len(lookups(stage)) == 3)
            assert lookups(stage)[2] == Lookup(kind=FindKind.TRIP, scope=FindScope.ALL)
            assert not finder.search.isVisible()  # this server can't search in trips
            finder.choose_kind(FindKind.PERSON)
            await ui.until(lambda: len(lookups(stage)) == 4)
            assert finder.search.isVisible()

        ui.run(main())

    def test_words_wait_for_a_pause(self, ui: Ui, stage: Stage) -> None:
        """Typing asks once, for the whole; the answer to what was typed before is never shown."""

        async def main() -> None:
            await stage.ready()
            waiting: list[tuple[Lookup, Future[Result]]] = []

            def find(account: AccountId, lookup: Lookup) -> Future[Result]:
                stage.seat.engines.calls.append(("find", account, lookup))
                waiting.append((lookup, Future()))
                return waiting[-1][1]

            stage.seat.engines.find = find  # type: ignore[method-assign] # a server that takes its time
            stage.window.handlers.show_finder()
            await ui.until(lambda: len(waiting) == 1)
            search = stage.asking.finder.search
            await ui.until(search.hasFocus)
            QTest.keyClicks(search, "winter")
            await ui.until(lambda: len(waiting) == 2)
            assert waiting[1][0].words == "winter"
            waiting[0][1].set_result(Result(hits=(a_hit("old"),)))
            waiting[1][1].set_result(Result(hits=(a_hit("new"),)))
            await ui.until(lambda: titles(stage) == ["Parcel new"])
            assert [lookup.words for lookup in lookups(stage)] == ["", "winter"]

        ui.run(main())

    def test_pages(self, ui: Ui, stage: Stage) -> None:
        """More is fetched on request and added below; what comes twice is shown once."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda asked: Result(
                hits=(a_hit(str(asked.page)), a_hit("same")), more=asked.page < 2
            )
            stage.window.handlers.show_finder()
            finder = stage.asking.finder
            await ui.until(lambda: titles(stage) == ["Parcel 0", "Parcel same"])
            assert finder._count.text() == "2 shown, there are more"
            click(finder.more)
            await ui.until(lambda: finder.hits.rowCount() == 3)
            click(finder.more)
            await ui.until(lambda: finder.hits.rowCount() == 4)
            assert titles(stage) == ["Parcel 0", "Parcel same", "Parcel 1", "Parcel 2"]
            assert not finder.more.isVisible()
            assert finder._count.text() == "4 found"
            assert [lookup.page for lookup in lookups(stage)] == [0, 1, 2]

        ui.run(main())

    def test_what_there_is_to_say_when_nothing_is_there(self, ui: Ui, stage: Stage) -> None:
        """Looking, nothing, nothing with these words, refused, offline: each in words."""

        async def main() -> None:
            await stage.ready()
            nothing = stage.asking.finder._nothing
            stage.window.handlers.show_finder()
            assert nothing.title() == "Looking…"
            stage.seat.engines.on_find = lambda _asked: Result()
            finder = stage.asking.finder
            finder.find_now()
            await ui.until(lambda: nothing.title() == "Nothing here")
            QTest.keyClicks(finder.search, "zz")
            await ui.until(lambda: nothing.title() == "Nothing found")
            stage.seat.engines.on_find = lambda _asked: NotDone(ParkReason.FORBIDDEN, "Buyers only")
            finder.find_now()
            await ui.until(lambda: nothing.title() == "Nothing could be looked up")
            assert "Buyers only" in nothing.accessibleName()
            stage.seat.engines.on_find = lambda _asked: Result(hits=(a_hit("1"),))
            click(nothing.button())
            await ui.until(lambda: titles(stage) == ["Parcel 1"])
            await stage.go_offline()
            assert finder._count.text().startswith("You are offline")
            finder.find_now()
            assert nothing.title() == "Not now"
            asked = len(lookups(stage))
            await stage.go_online()
            await ui.until(lambda: titles(stage) == ["Parcel 1"])
            assert len(lookups(stage)) == asked + 1

        ui.run(main())

    def test_status_news_ask_nothing_again(self, ui: Ui, stage: Stage) -> None:
        """An empty answer is an answer: the next sign of life of the line does not ask again."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda _asked: Result()
            stage.window.handlers.show_finder()
            await ui.until(lambda: stage.asking.finder._nothing.title() == "Nothing here")
            heard: list[int] = []
            stage.asking.asker.standing_changed.connect(heard.append)
            for latency in range(40, 44):
                stage.seat.engines.tell(stage.seat.day.online(latency))
                await ui.until(lambda: bool(heard))
                heard.clear()
            assert len(lookups(stage)) == 1

        ui.run(main())


class TestDoing:
    def test_enter_talks_about_it(self, ui: Ui, stage: Stage) -> None:
        """Down goes into the list, Enter starts the conversation, which opens."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda _asked: Result(hits=(a_hit("1"), a_hit("2")))
            stage.seat.engines.on_act = lambda _action: Result(conversation=RemoteId("o-10479"))
            stage.window.handlers.show_finder()
            finder = stage.asking.finder
            await ui.until(lambda: finder.hits.rowCount() == 2)
            QTest.keyClick(finder.search, Qt.Key.Key_Down)
            await ui.until(finder.view.hasFocus)
            QTest.keyClick(finder.view, Qt.Key.Key_Down)
            QTest.keyClick(finder.view, Qt.Key.Key_Return)
            await ui.until(lambda: stage.window.chat.conversation_id() == stage.seat.day.talk("10479"))
            action = stage.acted(ActionKind.START_CHAT)[0]
            assert (action.order, action.order_kind, action.person) == ("h-2", OrderKind.PACKAGE, "u-2")
            assert stage.asking.pages.shows_desk()

        ui.run(main())

    def test_a_stored_order_is_opened(self, ui: Ui, stage: Stage) -> None:
        """What is known here already is opened instead of being started once more."""
        stored = Hit(
            kind=FindKind.PACKAGE,
            remote_id=RemoteId("o-10471"),
            title="#10471",
            order_kind=OrderKind.ORDER,
        )

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda _asked: Result(hits=(stored,))
            stage.window.handlers.show_finder()
            finder = stage.asking.finder
            await ui.until(lambda: finder.hits.rowCount() == 1)
            assert not finder.open.isVisible()
            finder.view.setCurrentIndex(finder.hits.index(0))
            click(finder.open)
            await ui.until(lambda: stage.window.chat.conversation_id() == stage.seat.day.talk("10471"))
            assert not stage.acted()

        ui.run(main())

    def test_what_is_chosen_says_what_can_be_done(self, ui: Ui, stage: Stage) -> None:
        """The buttons follow the chosen row; a kind of which nothing is offered has none."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda asked: Result(hits=(a_hit("1", asked.kind),))
            stage.window.handlers.show_finder()
            finder = stage.asking.finder
            await ui.until(lambda: finder.hits.rowCount() == 1)
            assert not finder.offered.isVisible()
            finder.view.setCurrentIndex(finder.hits.index(0))
            button = finder.offered.button(ActionKind.START_CHAT)
            assert button is not None
            assert button.accessibleName() == "Talk with Person 1"
            finder.choose_kind(FindKind.TRIP)
            await ui.until(lambda: len(lookups(stage)) == 2 and finder.hits.rowCount() == 1)
            finder.view.setCurrentIndex(finder.hits.index(0))
            assert not finder.offered.isVisible()

        ui.run(main())

    def test_escape_leads_back(self, ui: Ui, stage: Stage) -> None:
        """Escape clears the words, then leaves the page for where one was."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_find = lambda _asked: Result()
            stage.window.handlers.show_finder()
            finder = stage.asking.finder
            await ui.until(finder.search.hasFocus)
            QTest.keyClicks(finder.search, "x")
            QTest.keyClick(finder.search, Qt.Key.Key_Escape)
            assert finder.search.text() == ""
            assert finder.isVisible()
            QTest.keyClick(finder.search, Qt.Key.Key_Escape)
            QTest.keyClick(finder.back, Qt.Key.Key_Escape)
            await ui.until(stage.asking.pages.shows_desk)
            assert stage.window.chat.conversation_id() == stage.seat.day.talk("10482")

        ui.run(main())


def test_several_accounts(ui: Ui, qtbot: QtBot, seat: Seat) -> None:
    """The page asks the account in view, and another one can be chosen; those that can't are not offered."""
    night = equip(seat, scene.add_night_desk(seat.store), finds=FINDS[2:])
    stage = Stage(ui, qtbot, seat)

    async def main() -> None:
        await stage.ready()
        online = seat.day.online()
        seat.engines.tell(type(online)(account_id=night.id, connection=online.connection))
        await ui.until(lambda: not stage.asking.asker.blocked(night.id))
        seat.engines.on_find = lambda asked: Result(hits=(a_hit(asked.kind.value, asked.kind),))
        stage.window.handlers.show_finder()
        finder = stage.asking.finder
        await ui.until(lambda: finder.hits.rowCount() == 1)
        assert finder.accounts.isVisible()
        assert finder.accounts.count() == 2
        finder.accounts.setCurrentIndex(1)
        finder.accounts.activated.emit(1)
        await ui.until(lambda: titles(stage) == ["Parcel person"])
        assert finder.account is not None
        assert finder.account.id == night.id
        assert [account for account, _ in seat.engines.asked("find")] == [stage.account.id, night.id]
        menu = stage.window.handlers.open_account_menu(night.id, stage.window.pos())
        assert menu is not None
        assert "Look up…" in [action.text() for action in menu.actions()]
        menu.close()

    ui.run(main())


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_fits_the_narrowest_window(ui: Ui, qtbot: QtBot, seat: Seat, zoom: float) -> None:
    """The pages ask for no more width than the window's least, at any size of text that fits the rest."""
    seat.theme.set_zoom(zoom)
    stage = Stage(ui, qtbot, seat, width=round(420 * zoom))

    async def main() -> None:
        await stage.ready()
        stage.seat.engines.on_find = lambda asked: Result(hits=(a_hit("1", asked.kind),), more=True)
        before = stage.window.width()
        for show in (stage.window.handlers.show_finder, stage.window.handlers.show_notices):
            show()
            page = stage.asking.pages.page()
            assert page is not None
            assert page.minimumSizeHint().width() <= stage.window.width()
            assert page.width() <= stage.window.width()
        assert stage.window.width() == before
        assert stage.window.minimumSizeHint().width() <= before

    ui.run(main())
    seat.theme.set_zoom(1.0)
