"""The dump of a play: what a person would see at its end, without local ids and times, keys sorted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chatdesk.domain.entities import Account, Message
from chatdesk.domain.kinds import ConnectionState, NoticeCode, SignInState

if TYPE_CHECKING:
    from tests.replay.play import Play

PAGE = 64
TIMES = {"created_at", "createdAt", "timestamp", "sentAt"}
CONNECTIONS = {
    ConnectionState.ONLINE: "online",
    ConnectionState.POLLING: "polling",
    ConnectionState.RECONNECTING: "reconnecting",
    ConnectionState.CONNECTING: "reconnecting",
    ConnectionState.OFFLINE: "offline",
    ConnectionState.OFF: "offline",
}


def text(dump: dict[str, Any]) -> str:
    """A dump as its file holds it."""
    return json.dumps(dump, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def messages_of(play: Play, conversation: Any) -> list[Message]:
    """Every message of a conversation in shown order."""
    reader = play.world.reader
    page = reader.newest_page(conversation, PAGE)
    found = list(page.messages)
    while page.has_older:
        page = reader.older_page(conversation, (found[0].cursor, found[0].id), PAGE)
        if not page.messages:
            break
        found = [*page.messages, *found]
    return found


async def dump_of(play: Play) -> dict[str, Any]:
    """Everything that is compared. Messages, orders and the rest as the store has them now."""
    account = play.account
    desk = play.world.desk
    mine = account.id if account is not None else None
    conversations = [row for row in (await desk.conversations()).rows if row.account_id == mine]
    conversations.sort(key=lambda row: row.remote_id)
    orders = {row.id: row for row in (await desk.orders()).rows if row.account_id == mine}
    outbox = [row for row in (await desk.outbox()).rows if row.account_id == mine]
    messages = [
        {"conversation": row.remote_id, **_message(play, one)}
        for row in conversations
        for one in messages_of(play, row.id)
    ]
    status = play.world.statuses.get(account.id) if account is not None else None
    dropped = dict(status.dropped) if status is not None else {}
    return {
        "account": _account(play, account),
        "connection": play.connection,
        "conversations": [
            {
                "id": row.remote_id,
                "order": _order(play, orders.get(row.order_id)) if row.order_id is not None else None,
                "lifecycle": row.lifecycle.value,
                "live_only": row.live_only,
                "unread": row.unread,
                "typing": list(play.typing_at_end.get(row.id, ())),
                "presence": dict(sorted(play.presence_at_end.get(row.id, {}).items())),
            }
            for row in conversations
        ],
        "messages": messages,
        "outbox": [
            {
                "conversation": item.conversation_remote_id,
                "kind": item.kind.value,
                "text": item.text,
                "state": item.state.value,
                "reason": item.parked.value if item.parked is not None else None,
            }
            for item in sorted(outbox, key=lambda item: item.position)
        ],
        "orders": sorted(
            ({"id": name_of(play, row.remote_id), "status": row.status} for row in orders.values()),
            key=lambda row: str(row["id"]),
        ),
        "notices": sorted(_notices(play, outbox, conversations, dropped) & NOTICES),
        "dropped": dict(sorted(dropped.items())),
        "sent": [sent(play, one) for one in play.stub.sent],
        "after_10s": {"typing": sorted(name for names in play.world.typing.values() for name in names)},
        "alive": play.alive,
    }


def _account(play: Play, account: Account | None) -> dict[str, Any]:
    if account is None:
        return {"user_id": None, "role": None, "sign_in": play.refused or "refused"}
    state = play.world.host.sign_in_state(account.id)
    names = {
        SignInState.OK: "ok",
        SignInState.NEEDS_PASSWORD: "needs_password",
        SignInState.REFUSED: "refused",
        SignInState.LOCKED: "locked",
    }
    return {"user_id": account.user_id, "role": account.role, "sign_in": names[state]}


def _order(play: Play, order: Any) -> dict[str, Any] | None:
    if order is None:
        return None
    return {"id": name_of(play, order.remote_id), "status": order.status, "progress": order.progress.value}


def _message(play: Play, message: Message) -> dict[str, Any]:
    return {
        "id": name_of(play, message.remote_id),
        "sender": message.sender_id,
        "own": message.own,
        "kind": message.kind.value,
        "text": message.text,
        "state": message.state.value,
        "assurance": message.assurance.value if message.assurance is not None else None,
        "deleted": message.deleted,
        "edited": message.edited_at_us is not None,
    }


def name_of(play: Play, remote_id: str | None) -> str | None:
    """An id as the dump names it: relay ids of ours and ids made by the stub differ from play to play."""
    if remote_id is None:
        return None
    remote_id = play.stub.shown_id(remote_id)
    if not remote_id:
        return None
    if remote_id in play.stub.fresh or remote_id in play.stub.invented():
        return "new"
    return "own" if remote_id in play.stub.ours else remote_id


def sent(play: Play, one: dict[str, Any]) -> dict[str, Any]:
    """A frame of the client as the dump shows it."""
    return {key: plain(play, value) for key, value in one.items()}


def plain(play: Play, value: Any) -> Any:
    """A sent value without what differs from play to play."""
    if isinstance(value, str):
        return name_of(play, value)
    if isinstance(value, list | tuple):
        return [plain(play, one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(play, one) for key, one in value.items() if key not in TIMES}
    return value


NOTICES = {code.value for code in NoticeCode}
CODES = {
    "forbidden",
    "not_found",
    "closed",
    "too_long",
}
DROPPED = {"foreign": "foreign_dropped", "malformed": "malformed_dropped", "bad": "malformed_dropped"}


def _notices(play: Play, outbox: Any, conversations: Any, dropped: dict[str, int]) -> set[str]:
    """Codes of everything that the person is told: announced, parked, live only, dropped, not connected."""
    found = set(play.world.notices) | play.told
    found |= {item.parked.value for item in outbox if item.parked is not None and item.parked.value in CODES}
    found |= {DROPPED[reason] for reason in dropped if reason in DROPPED}
    if any(row.live_only for row in conversations):
        found.add("live_only")
    if play.account is not None and play.connection in {"offline", "reconnecting"} and not play.signed_out:
        found.add("offline")
    status = play.world.statuses.get(play.account.id) if play.account is not None else None
    if status is not None and not play.signed_out:
        found |= {
            SignInState.NEEDS_PASSWORD: {"auth_required"},
            SignInState.REFUSED: {"forbidden"},
            SignInState.LOCKED: {"locked"},
        }.get(status.sign_in, set())
    return found
