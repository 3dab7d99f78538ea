"""What a window of some width shows, and that commands, banner and settings follow plain rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import ConnectionState, SignInState
from chatdesk.ui.actions import Situation
from chatdesk.ui.arrangement import Arrangement, ListShape, Pane, arrange, share_width
from chatdesk.ui.chat.troubles import BannerAction, choose_banner
from chatdesk.ui.commands import COMMANDS, ELSEWHERE, READING, Menu, Needs, menu_title, writing_keys
from chatdesk.ui.dialogs.shortcuts import sheet_rows
from chatdesk.ui.preferences import ENTER_SENDS, GEOMETRY, LAST_CONVERSATION, THEME, ZOOM, Preferences
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.words import error_sentences

ONE = AccountId(1)
NOW = 1_800_000_000_000_000


@pytest.mark.parametrize(
    ("width", "asked", "list_shape", "panel"),
    [
        (1280, False, ListShape.FULL, True),
        (900, False, ListShape.FULL, True),
        (899, False, ListShape.FULL, False),
        (899, True, ListShape.AVATARS, True),
        (740, False, ListShape.FULL, False),
        (739, False, ListShape.AVATARS, False),
        (739, True, ListShape.HIDDEN, True),
        (560, False, ListShape.AVATARS, False),
    ],
)
def test_wide_windows(width: int, asked: bool, list_shape: ListShape, panel: bool) -> None:
    """First the order panel goes, then the list shrinks to avatars; the chat always stays."""
    shown = arrange(width, pane=Pane.LIST, panel_wanted=True, panel_asked=asked)
    assert shown == Arrangement(list=list_shape, chat=True, panel=panel, one_pane=False)


def test_the_panel_can_be_closed() -> None:
    """A wide window without the panel is a wish that is kept."""
    assert not arrange(1280, pane=Pane.CHAT, panel_wanted=False, panel_asked=True).panel


@given(st.floats(100, 559.9), st.sampled_from(Pane), st.booleans(), st.booleans())
def test_narrow_windows_show_one_pane(width: float, pane: Pane, wanted: bool, asked: bool) -> None:
    """Below 560 px exactly one pane is shown: the one that the person looks at."""
    shown = arrange(width, pane=pane, panel_wanted=wanted, panel_asked=asked)
    assert shown.one_pane
    flags = [shown.list is ListShape.FULL, shown.chat, shown.panel]
    assert flags == [pane is Pane.LIST, pane is Pane.CHAT, pane is Pane.ORDER]


@given(st.integers(500, 3_000), st.sampled_from([0, 62, 280, 316, 420]), st.sampled_from([0, 230, 268, 400]))
def test_width_is_shared_out(width: int, left: int, right: int) -> None:
    """Nothing is lost, nobody gets more than was asked for, and the chat gets what the others can spare."""
    shares = share_width(width, left, right, 1.0)
    assert sum(shares) == width
    assert shares[0] <= left
    assert shares[2] <= right
    if shares[1] < 420:
        assert shares[2] == min(right, 220)
        assert shares[0] == min(left, 264)


# -- commands


def test_no_two_commands_share_a_key_or_a_name(qapp: QApplication) -> None:
    """Every shortcut means one thing, is one that Qt knows, and every id is there once."""
    keys = [QKeySequence(key).toString() for command in COMMANDS for key in command.keys]
    assert all(keys)
    assert len(keys) == len(set(keys))
    assert len({command.id for command in COMMANDS}) == len(COMMANDS)
    titles = [command.title() for command in COMMANDS]
    assert all(titles)
    assert len(titles) == len(set(titles))


def test_commands_leave_typing_alone() -> None:
    """No shortcut is a plain key or one that writes a letter: typing never runs a command."""
    for command in COMMANDS:
        for key in command.keys:
            assert "+" in key or key.startswith("F"), key
            assert not key.startswith("Shift+") or key.startswith("Shift+F"), key


def test_every_key_is_on_the_sheet(qapp: QApplication) -> None:
    """The help sheet has every listed command with a key, the keys of writing, and nothing without a key."""
    rows = dict(row for _heading, group in sheet_rows(enter_sends=True) for row in group)
    for command in COMMANDS:
        if command.keys and command.listed:
            assert rows[command.title()]
    for key in (*writing_keys(enter_sends=True), *READING, *ELSEWHERE):
        assert rows[key.title()]
    assert all(rows.values())
    assert rows["Send"] == "Return"
    swapped = dict(row for _heading, group in sheet_rows(enter_sends=False) for row in group)
    assert swapped["Send"] == "Ctrl+Return"


def test_every_menu_has_entries() -> None:
    """Each menu has a title and at least one command."""
    for menu in Menu:
        assert menu_title(menu)
        assert any(command.menu is menu and command.listed for command in COMMANDS)


def test_situations() -> None:
    """A command is enabled exactly when what it needs is there."""
    empty, full = Situation(False, False), Situation(True, True, True, True, True, True, why_whole=None)
    assert [need for need in Needs if empty.allows(need)] == [Needs.NOTHING]
    assert all(full.allows(need) for need in Needs)


# -- banner


def status(**parts: object) -> AccountStatus:
    return AccountStatus(account_id=ONE, **{"connection": ConnectionState.ONLINE, **parts})  # type: ignore[arg-type]


def test_no_banner_when_all_is_well() -> None:
    """Online, signed in and with a keyring there is nothing to say; a blink of the link is nothing either."""
    assert choose_banner(status(), queued=3, now_us=NOW) is None
    blink = status(connection=ConnectionState.RECONNECTING)
    assert choose_banner(blink, queued=3, now_us=NOW, lost_for_a_while=False) is None


def test_offline_banner() -> None:
    """Offline says how much is queued, when the next try is, and offers to try now."""
    words = choose_banner(
        status(connection=ConnectionState.OFFLINE, retry_at_us=NOW + 4_000_000), queued=2, now_us=NOW
    )
    assert words is not None
    assert words.title == "You are offline."
    assert words.text == "2 messages are queued and will be sent in order. Trying again in 4 s."
    assert (words.action, words.button) == (BannerAction.RETRY, "Retry now")
    one = choose_banner(status(connection=ConnectionState.OFFLINE), queued=1, now_us=NOW)
    assert one is not None
    assert one.text == "1 message is queued and will be sent."
    none = choose_banner(status(connection=ConnectionState.OFFLINE), queued=0, now_us=NOW)
    assert none is not None
    assert none.text.startswith("You can read and write on")


@pytest.mark.parametrize("state", [s for s in SignInState if s is not SignInState.OK])
def test_sign_in_banner(state: SignInState) -> None:
    """An ended sign-in beats being offline, and offers to sign in; the server's reason is quoted."""
    words = choose_banner(
        status(sign_in=state, connection=ConnectionState.OFFLINE, reason="Token\nexpired."),
        queued=0,
        now_us=NOW,
    )
    assert words is not None
    assert words.action is BannerAction.SIGN_IN
    assert words.alarm
    assert words.text.startswith("The server says: Token expired. You can read and write on")


def test_keyring_banner() -> None:
    """Without a keyring the person is told until when the sign-in holds, once."""
    words = choose_banner(status(token_kept=False), queued=0, now_us=NOW)
    assert words is not None
    assert "kept until you quit" in words.text
    assert choose_banner(status(token_kept=False), queued=0, now_us=NOW, keyring_dismissed=True) is None


def test_disk_banner_comes_first() -> None:
    """Trouble of the database beats everything else."""
    words = choose_banner(
        status(sign_in=SignInState.NEEDS_PASSWORD),
        queued=0,
        now_us=NOW,
        disk=error_sentences(DiskTrouble("full")),
    )
    assert words is not None
    assert words.action is BannerAction.DISMISS
    assert "Free some space" in words.text


# -- preferences


def test_preferences_survive_and_forgive() -> None:
    """A value that was put is there after a restart; an unreadable one counts as never set."""
    kept = {"zoom": "not a number", "theme": "purple", "enter_sends": "no", "window_geometry": "xyz"}
    preferences = Preferences(kept.get, kept.__setitem__)
    assert preferences.get(ZOOM) == 1.0
    assert preferences.get(THEME) is ThemeMode.SYSTEM
    assert preferences.get(ENTER_SENDS) is False
    assert preferences.get(GEOMETRY) == b""
    changed = list[str]()
    preferences.changed.connect(changed.append)
    preferences.put(THEME, ThemeMode.DARK)
    preferences.put(THEME, ThemeMode.DARK)
    preferences.put(GEOMETRY, b"\x00\xff")
    preferences.put(LAST_CONVERSATION, 12)
    preferences.put(ENTER_SENDS, value=True)
    assert changed == ["theme", "window_geometry", "last_conversation", "enter_sends"]
    again = Preferences(kept.get, kept.__setitem__)
    assert again.get(THEME) is ThemeMode.DARK
    assert again.get(GEOMETRY) == b"\x00\xff"
    assert again.get(LAST_CONVERSATION) == 12
    assert again.get(ENTER_SENDS) is True


@given(st.text(max_size=20))
def test_any_remembered_text_is_survived(text: str) -> None:
    """Whatever stands in the database, the window starts."""
    preferences = Preferences(lambda _key: text, lambda _key, _value: None)
    assert isinstance(preferences.get(THEME), ThemeMode)
    assert isinstance(preferences.get(ENTER_SENDS), bool)
    assert isinstance(preferences.get(GEOMETRY), bytes)
    assert isinstance(preferences.get(LAST_CONVERSATION), int)
    assert 0.8 <= Preferences(lambda _key: "nan", lambda _k, _v: None).get(ZOOM) <= 2.0
