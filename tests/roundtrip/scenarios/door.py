"""Signing in and out, what a server has beyond the recorded, and what an account can't do there."""

from __future__ import annotations

import pytest

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import Feature, NoticeCode, SignInState, Support
from chatdesk.domain.ports import vault_key
from chatdesk.platforms.registry import plugin
from tests.roundtrip.post import until
from tests.roundtrip.stage import Place

WRONG = "Wrong#Passw0rd"


async def refusals_are_told(place: Place) -> None:
    """A wrong password is refused in the server's words; the right one gets in, as before."""
    seat, post = place.seat, place.stage.ours
    with pytest.raises(SignInRefused) as refused:
        await post.sign_in(place.kind, place.url, seat.desk, seat.role, WRONG)
    assert refused.value.code is NoticeCode.AUTH_FAILED
    assert refused.value.server_words
    assert place.ours.status.sign_in is SignInState.OK
    again = await post.sign_in(place.kind, place.url, seat.desk, seat.role)
    assert again.id == place.ours.id, "the same account, not another one"
    await place.ours.reached()
    place.ours.open()


async def seats_of_one_login(place: Place) -> None:
    """The role that was chosen is the role that one sits in; the form offers both."""
    assert place.seat.role != place.seat.customer_role
    offered = plugin(place.kind)
    assert offered is not None
    assert {place.seat.role, place.seat.customer_role} == {role for role, _word in offered.sign_in.roles}
    for party, role in ((place.ours, place.seat.role), (place.theirs, place.seat.customer_role)):
        assert party.post.account(party.id).seat == role


async def signs_out_at_the_server(place: Place) -> None:
    """What the server remembers of the sign-in is gone, and so is what we remember."""
    user = place.theirs.user
    sql = "SELECT count(*) FROM tokens WHERE user_id = ?"
    (before,) = place.servers.rows(sql, user)
    assert before[0] > 0
    await _signs_out_and_in(place)
    (after,) = place.servers.rows(sql, user)
    assert after[0] <= before[0], "one more sign-in, and none left of those before"


async def forgets_its_token(place: Place) -> None:
    """The server has nothing to be told; here the token is gone, and the texts are not."""
    await _signs_out_and_in(place)


async def _signs_out_and_in(place: Place) -> None:
    theirs, seat = place.theirs, place.seat
    held = theirs.texts()
    key = vault_key(place.url, place.kind, seat.customers[0], seat.customer_role)
    assert await theirs.post.vault.load(key) is not None
    await theirs.post.desk.sign_out(theirs.id)
    assert await theirs.post.vault.load(key) is None
    await until(lambda: theirs.status.sign_in is SignInState.NEEDS_PASSWORD, "the sign-out")
    assert theirs.texts() == held
    await theirs.post.sign_in(place.kind, place.url, seat.customers[0], seat.customer_role)
    await theirs.reached()
    theirs.open()


PROMISED = {
    "dispatcher": {Feature.CHAT_LIST, Feature.SERVER_UNREAD},
    "marketplace": {Feature.STORED_MESSAGES},
    "omw": set(),
    "steppergo": set(),
}
"""What probing finds where the server keeps its promises, and does not find at the recorded one."""


async def probing_tells_what_is_there(place: Place) -> None:
    """Features that only some servers have are known by trying them, and not by the platform's name."""

    def known() -> bool:
        features = place.ours.capabilities.features
        return all(features.get(one) is not Support.PROBE for one in PROMISED[place.platform])

    if place.platform == "marketplace":  # proven by the first send
        await place.ours.said(place.words("to find out"))
    await until(known, "the end of probing")
    for feature in PROMISED[place.platform]:
        assert place.ours.capabilities.has(feature) is place.promised, feature


ABSENT: dict[str, frozenset[Feature]] = {
    "presence": frozenset({Feature.PRESENCE}),
    "last_seen": frozenset({Feature.LAST_SEEN}),
    "delivered": frozenset({Feature.DELIVERED}),
    "read_per_message": frozenset({Feature.READ_RECEIPTS}),
    "read_per_conversation": frozenset({Feature.READ_RECEIPTS}),
    "unread": frozenset({Feature.SERVER_UNREAD}),
    "edit": frozenset({Feature.EDIT_OWN}),
    "delete": frozenset({Feature.DELETE_OWN}),
    "report": frozenset({Feature.REPORT}),
    "upload": frozenset({Feature.ATTACHMENTS}),
    "message_search": frozenset({Feature.MESSAGE_SEARCH}),
    "order_search": frozenset({Feature.FIND}),
    "order_files": frozenset({Feature.ORDER_FILES}),
    "status_push": frozenset({Feature.STATUS_PUSH}),
    "live_position": frozenset({Feature.LIVE_POSITION}),
    "notifications": frozenset({Feature.NOTIFICATIONS}),
}
"""Features of the table, and what of an account's capabilities says that they are not there."""
NOT_OFFERED: dict[str, frozenset[ActionKind]] = {
    "create_order": frozenset({ActionKind.CREATE_ORDER}),
    "order_files": frozenset({ActionKind.LIST_FILES, ActionKind.ADD_FILE, ActionKind.SAVE_FILE}),
    "accept": frozenset({ActionKind.ACCEPT, ActionKind.TAKE_OVER}),
    "arrival_code": frozenset({ActionKind.REQUEST_CODE, ActionKind.CONFIRM_CODE}),
    "upload": frozenset({ActionKind.UPLOAD}),
}
FORM = frozenset({"roles", "otp_sign_in"})
NOWHERE = frozenset({"reply", "reactions", "archive", "voice"})
"""Nothing in what an account may do has a word for these: neither a feature, nor an action, nor a field."""


async def is_absent(place: Place, feature: str) -> None:
    """Not offered, to neither side; where the window has a word for it, it says why."""
    offered = plugin(place.kind)
    assert offered is not None
    form = {"roles": offered.sign_in.roles, "otp_sign_in": offered.sign_in.otp}
    if feature in FORM:
        assert not form[feature]
        return
    for party in (place.ours, place.theirs):
        can = party.capabilities
        for one in ABSENT.get(feature, ()):
            assert not can.has(one), one
            assert can.why.get(one) is not None, f"{one} is not there, and nothing says why"
        actions = {offer.action for offer in can.offers}
        assert not actions & NOT_OFFERED.get(feature, frozenset())
    words = {one.value for one in Feature} | {one.value for one in ActionKind}
    if feature in NOWHERE:
        assert feature not in words
    if feature == "subject":
        assert not place.ours.capabilities.message_fields


CHECKED = frozenset(ABSENT) | frozenset(NOT_OFFERED) | FORM | NOWHERE | {"subject"}
"""Features whose absence `is_absent` can show."""
