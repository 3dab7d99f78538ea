"""From rows of the core to shapes of the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from chatdesk.server import bodies
from chatdesk.server.core.conversations import Chat
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.order_views import OrderView
from chatdesk.server.core.tables import (
    Asset,
    MessageKind,
    Notification,
    NotificationStatus,
    Order,
    Role,
    Upload,
    User,
)
from chatdesk.server.dialects.dispatcher.vocabulary import ROLE_NAMES
from chatdesk.wire.dispatcher import names, shapes

TRUCK = "truck"
TRAILER = "trailer"
COMPANY = "companyInfo"
CARRIER_NUMBERS = "carrierNumbers"

Shape = TypeVar("Shape", bound=msgspec.Struct)


def iso(at_ms: int | None) -> str:
    """ISO-8601 UTC with milliseconds and Z; an empty text for no time."""
    return "" if at_ms is None else bodies.iso(at_ms)


def message(shown: Shown) -> shapes.MessageRecord:
    """One message."""
    row = shown.message
    is_system = row.kind == MessageKind.SYSTEM
    return shapes.MessageRecord(
        id=row.id,
        order_id=shown.order_id,
        message=row.text,
        message_type=names.MESSAGE_TYPE_SYSTEM if is_system else names.MESSAGE_TYPE_TEXT,
        sender_type=names.SENDER_TYPE_SYSTEM if is_system else names.SENDER_TYPE_USER,
        is_read=shown.is_read,
        created_at=iso(row.created_ms),
        updated_at=iso(row.updated_ms),
        user=shapes.MessageUser(id=row.sender_id, email=shown.author_email),
        client_id=UNSET if row.client_id is None else row.client_id,
        seq=row.seq,
        attachments=row.extras.get(names.ATTACHMENTS_FIELD, UNSET),
    )


def chat(row: Chat) -> shapes.ChatRecord:
    """One line of the conversation list."""
    return shapes.ChatRecord(
        order_id=row.about.id,
        last_message=None if row.last is None else message(row.last),
        unread_count=row.unread,
        created_at=iso(row.conversation.created_ms),
        updated_at=iso(row.conversation.updated_ms),
        order_number=row.about.number,
        status=row.about.status,
    )


def order_item(view: OrderView) -> shapes.OrderItem:
    """One line of the order list."""
    truck = view.assets.get(view.order.details.get("truckId", ""))
    return shapes.OrderItem(
        id=view.order.id,
        order_number=view.order.number,
        created_at=iso(view.order.created_ms),
        origin_address=view.order.origin,
        destination_address=view.order.destination,
        truck_id=truck.label if truck else None,
        status=view.order.status,
        created_by=view.owner.email,
    )


def order_detail(view: OrderView, files: Sequence[Upload], *, for_staff: bool) -> shapes.OrderDetail:
    """Everything about an order; the carrier's papers for staff only."""
    order = view.order
    moderator = None
    if view.assignee is not None:
        moderator = shapes.Moderator(id=view.assignee.id, email=view.assignee.email)
    detail = shapes.OrderDetail(
        **_load(order, files),
        id=order.id,
        moderator=moderator,
        truck=_vehicle(view.assets.get(order.details.get("truckId", ""))),
        trailer=_vehicle(view.assets.get(order.details.get("trailerId", ""))),
    )
    if for_staff:
        detail.company_info = _part(view.owner, COMPANY, shapes.CompanyInfo)
        detail.carrier_numbers = _part(view.owner, CARRIER_NUMBERS, shapes.CarrierNumbers)
    return detail


def order_record(order: Order, files: Sequence[Upload]) -> shapes.OrderRecord:
    """An order as the platform stores it."""
    return shapes.OrderRecord(
        **_load(order, files),
        record_id=order.id,
        truck_id=order.details.get("truckId"),
        trailer_id=order.details.get("trailerId"),
        moderator_id=UNSET if order.assignee_id is None else order.assignee_id,
        version=order.version,
    )


def order_file(upload: Upload) -> shapes.OrderFile:
    """One file of an order."""
    return shapes.OrderFile(
        filename=upload.stored_name,
        originalname=upload.original_name,
        content_type=upload.media_type,
        size=upload.size_bytes,
        record_id=upload.id,
    )


def notification_push(row: Notification) -> shapes.NotificationPush:
    """A notification as it is pushed."""
    return shapes.NotificationPush(
        id=row.id,
        type=row.kind,
        title=row.title,
        message=row.body,
        metadata=row.facts,
        action_url=_or_unset(row.action_url),
        action_text=_or_unset(row.action_text),
        created_at=iso(row.created_ms),
    )


def notification_item(row: Notification) -> shapes.NotificationItem:
    """A notification as it is listed."""
    return shapes.NotificationItem(
        id=row.id,
        recipient_id=row.recipient_id,
        sender_id=row.sender_id or "",
        type=row.kind,
        status=row.status,
        title=row.title,
        message=row.body,
        metadata=row.facts,
        action_url=row.action_url or "",
        action_text=row.action_text or "",
        expires_at=iso(row.expires_ms),
        read_at=iso(row.read_ms),
        created_at=iso(row.created_ms),
        updated_at=iso(row.updated_ms),
        unread=row.status == NotificationStatus.UNREAD,
    )


def notification_record(row: Notification) -> shapes.NotificationRecord:
    """A notification as the platform stores it."""
    return shapes.NotificationRecord(
        id=row.id,
        record_id=row.id,
        recipient_id=row.recipient_id,
        sender_id=_or_unset(row.sender_id),
        type=row.kind,
        status=row.status,
        title=row.title,
        message=row.body,
        metadata=row.facts or UNSET,
        action_url=_or_unset(row.action_url),
        action_text=_or_unset(row.action_text),
        expires_at=_or_unset(iso(row.expires_ms) or None),
        read_at=_or_unset(iso(row.read_ms) or None),
        created_at=iso(row.created_ms),
        updated_at=iso(row.updated_ms),
        version=0,
        unread=row.status == NotificationStatus.UNREAD,
    )


def raw_user(user: User) -> shapes.UserRecord:
    """An account as GET /api/users shows it."""
    record = _user(user)
    record.record_id = user.id
    record.version = 0
    return record


def listed_user(user: User) -> shapes.UserRecord:
    """An account as GET /api/users/all shows it."""
    record = _user(user)
    record.id = user.id
    company = _part(user, COMPANY, shapes.CompanyInfo)
    record.company_info = None if company is UNSET else company
    return record


def presence(
    user: User, *, online: bool, in_room: bool | UnsetType = UNSET, seen_ms: int | None = None
) -> shapes.PresenceRecord:
    """Whether somebody is there; `seen_ms` stands for the stored time where that is not written yet."""
    return shapes.PresenceRecord(
        user_id=user.id,
        email=user.email,
        role=ROLE_NAMES[Role(user.role)],
        online=online,
        in_room=in_room,
        last_seen=iso(user.last_seen_ms if seen_ms is None else seen_ms),
    )


def _user(user: User) -> shapes.UserRecord:
    return shapes.UserRecord(
        email=user.email,
        role=ROLE_NAMES[Role(user.role)],
        is_email_confirmed=user.confirmed,
        created_at=iso(user.created_ms),
    )


def _load(order: Order, files: Sequence[Upload]) -> dict[str, Any]:
    load = msgspec.convert({**order.details, "orderNumber": order.number}, shapes.OrderLoad)
    load.user_id = order.owner_id
    load.origin_address = order.origin
    load.destination_address = order.destination
    load.files = [order_file(upload) for upload in files]
    load.status = order.status
    load.created_at = iso(order.created_ms)
    load.updated_at = iso(order.updated_ms)
    return msgspec.structs.asdict(load)


def _vehicle(asset: Asset | None) -> shapes.Vehicle | UnsetType:
    if asset is None:
        return UNSET
    return msgspec.convert({**asset.details, "id": asset.id, "unitNumber": asset.label}, shapes.Vehicle)


def _part(user: User, key: str, shape: type[Shape]) -> Shape | UnsetType:
    part = user.profile.get(key)
    return UNSET if part is None else msgspec.convert(part, shape)


def _or_unset(value: str | None) -> str | UnsetType:
    return UNSET if value is None else value
