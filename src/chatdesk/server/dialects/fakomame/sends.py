"""Sending, as routes and socket alike do it: what a body asks for, stored once, told to the chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, is_client_id
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Refused
from chatdesk.server.core.messages import Body, Post, Push, Sent
from chatdesk.server.dialects.fakomame import records
from chatdesk.server.dialects.fakomame.context import Context, id_of
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

ERR_CONTENT = "Message content must be text"
ERR_TYPE = "Invalid message type"
ERR_CLIENT_ID = "Invalid client id"
ERR_ATTACHMENTS = "Invalid attachments"
ATTACHMENTS_LIMIT = 10
ATTACHMENT_KEYS = ("name", "type", "data", "url", "size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that somebody wants to send, checked."""

    chat_id: str
    text: str
    body: Body
    client_id: str | None


def letter(fields: Mapping[str, Any], *, files: bool = True) -> Letter:
    """What a body asks to send; `files`: attachments are taken. Raises BadRequest."""
    attachments = _attachments(fields.get("attachments")) if files else []
    content = fields.get("content")
    blank = isinstance(content, str) and not content.strip() and not attachments
    if content is None or blank or fields.get("chatId") in (None, ""):
        raise BadRequest(texts.ERR_SEND_FIELDS)
    if not isinstance(content, str):
        raise BadRequest(ERR_CONTENT)
    kind = fields.get("type", names.TYPE_TEXT)
    if kind not in names.TYPES_WRITTEN:
        raise BadRequest(ERR_TYPE)
    client_id = fields.get(CLIENT_ID_FIELD)
    if client_id is not None and not is_client_id(client_id):
        raise BadRequest(ERR_CLIENT_ID)
    extras: dict[str, Any] = {records.TYPE: kind}
    if attachments:
        extras[records.ATTACHMENTS] = attachments
    return Letter(
        chat_id=id_of(fields, "chatId"), text=content, body=Body(extras=extras), client_id=client_id
    )


def _attachments(value: object) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > ATTACHMENTS_LIMIT:
        raise BadRequest(ERR_ATTACHMENTS)
    found = []
    for one in value:
        if not isinstance(one, dict):
            raise BadRequest(ERR_ATTACHMENTS)
        kept = {key: one[key] for key in ATTACHMENT_KEYS if key in one}
        texts_of = (kept.get(key, "") for key in ("name", "type", "data", "url"))
        if not kept or not all(isinstance(text, str) for text in texts_of):
            raise BadRequest(ERR_ATTACHMENTS)
        if not isinstance(kept.get("size", 0), int):
            raise BadRequest(ERR_ATTACHMENTS)
        found.append(kept)
    return found


async def send(context: Context, actor: Actor, new: Letter) -> Sent:
    """Store a message once and tell its chat."""
    return await context.core.messages.send(
        actor, new.chat_id, new.text, client_id=new.client_id, body=new.body, push=_push(context)
    )


async def send_all(context: Context, actor: Actor, letters: Sequence[Letter]) -> list[Sent | Refused]:
    """The same for several at once, in one transaction; what became of each."""
    posts = [
        Post(conversation_id=one.chat_id, text=one.text, client_id=one.client_id, body=one.body)
        for one in letters
    ]
    return await context.core.messages.send_all(actor, posts, push=_push(context))


def _push(context: Context) -> Push:
    async def push(sent: Sent) -> None:
        await context.pushes.message(sent.shown)

    return push
