"""Who is there: what is known is not taken back by what knows less."""

from __future__ import annotations

import pytest

from chatdesk.domain.events import PresenceSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import PresenceState
from chatdesk.domain.ports import Limits
from chatdesk.sync.presence import Presence, PresenceNow

TALK, PERSON = RemoteId("talk"), RemoteId("person")
GONE_US = 5_000_000


def _seen(presence: Presence, state: PresenceState, at_us: int) -> list[PresenceNow]:
    event = PresenceSeen(person_id=PERSON, state=state, conversation=TALK, at_us=at_us)
    changes = presence.presence(event, now_ms=10_000, now_us=10_000_000)
    return [one for one in changes if isinstance(one, PresenceNow)]


@pytest.mark.parametrize("profile_us", [GONE_US - 1_000_000, GONE_US + 1_000_000])
def test_a_late_profile_does_not_take_back_a_leaving(profile_us: int) -> None:
    """Whoever was seen to go stays gone, however old or new the word of their last sign of life is."""
    presence = Presence(Limits())
    assert [one.state for one in _seen(presence, PresenceState.ONLINE, 1_000_000)] == [PresenceState.ONLINE]
    assert [one.state for one in _seen(presence, PresenceState.OFFLINE, GONE_US)] == [PresenceState.OFFLINE]
    assert _seen(presence, PresenceState.UNKNOWN, profile_us) == []
    assert [one.state for one in _seen(presence, PresenceState.ONLINE, 7_000_000)] == [PresenceState.ONLINE]


def test_a_poll_that_no_longer_sees_somebody_does() -> None:
    """Where nothing but polls tells it, not being seen any more is news."""
    presence = Presence(Limits())
    _seen(presence, PresenceState.ONLINE, 1_000_000)
    assert [one.state for one in _seen(presence, PresenceState.UNKNOWN, 2_000_000)] == [PresenceState.UNKNOWN]
    assert [one.as_of_us for one in _seen(presence, PresenceState.OFFLINE, GONE_US)] == [GONE_US]
