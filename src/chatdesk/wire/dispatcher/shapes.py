"""Payloads of the dispatcher platform: one struct per body, answer and event.

Decoding is tolerant: unknown fields are ignored, and what the platform may leave out is `UNSET` (absent) or
`None` (null). Encode with msgspec, which leaves `UNSET` fields out.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, field

from chatdesk.wire.dispatcher.names import MESSAGE_TYPE_TEXT, NOTIFICATION_UNREAD, SENDER_TYPE_USER

Data = TypeVar("Data")
Number = int | float
Json = dict[str, object]


class Wire(msgspec.Struct, rename="camel"):
    """Base of every shape: snake case here, camel case on the wire."""


class Announcement(Wire, kw_only=True):
    """What a chatdesk server can do beyond the platform."""

    version: int
    features: list[str] = field(default_factory=list)


class Health(Wire, kw_only=True):
    """Answer of GET /health."""

    status: str
    message: str | UnsetType = UNSET
    chatdesk: Announcement | UnsetType = UNSET


class Meta(Wire, kw_only=True):
    """Numbers of a paged answer; pages count from 1."""

    total_items: int
    total_pages: int
    current_page: int
    items_per_page: int


class Success(Wire, Generic[Data], kw_only=True):
    """Envelope of a success; `status` is 200 even when HTTP says 201, absent on some notification routes."""

    data: Data
    success: bool = True
    status: int | UnsetType = UNSET
    message: str | UnsetType = UNSET
    meta: Meta | UnsetType = UNSET


class Done(Wire, kw_only=True):
    """Envelope of a success without `data`."""

    success: bool = True
    status: int | UnsetType = UNSET
    message: str | UnsetType = UNSET


class Failure(Wire, kw_only=True):
    """Envelope of an error; `message` may carry internal texts of the server."""

    status: int
    message: str = ""
    success: bool = False
    data: Json = field(default_factory=dict)


class LoginData(Wire, kw_only=True):
    """`data` of a login: no user object, identity is in the token."""

    access_token: str
    refresh_token: str
    chatdesk: Announcement | UnsetType = UNSET


class RefreshData(Wire, kw_only=True):
    """`data` of a refresh; the refresh token is not rotated."""

    access_token: str


class TokenClaims(Wire, kw_only=True):
    """Payload of a token; `id` equals `userId`; times in seconds since the epoch."""

    user_id: str
    id: str
    role: str
    email: str
    iat: int
    exp: int


class LoginBody(Wire, kw_only=True):
    """Body of a login."""

    email: str
    password: str


class RefreshBody(Wire, kw_only=True):
    """Body of a refresh."""

    refresh_token: str


class SendBody(Wire, kw_only=True):
    """Body of a send; `client_id` only to a server that announced it."""

    order_id: str
    message: str
    client_id: str | UnsetType = UNSET


class OrderFile(Wire, kw_only=True):
    """One file of an order; `filename` is the stored unique name, `originalname` the uploader's."""

    filename: str
    originalname: str
    content_type: str = ""
    size: int = 0
    record_id: str | UnsetType = field(default=UNSET, name="_id")


class MessageUser(Wire, kw_only=True):
    """Author of a message; both null for system messages."""

    id: str | None = None
    email: str | None = None


class MessageRecord(Wire, kw_only=True):
    """One message; times are ISO-8601 UTC with milliseconds and Z."""

    id: str
    order_id: str
    message: str
    message_type: str = MESSAGE_TYPE_TEXT
    sender_type: str = SENDER_TYPE_USER
    is_read: bool = False
    created_at: str = ""
    updated_at: str = ""
    user: MessageUser = field(default_factory=MessageUser)
    client_id: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET
    attachments: list[OrderFile] | UnsetType = UNSET


class ChatRecord(Wire, kw_only=True):
    """One entry of GET /api/chat/orders."""

    order_id: str
    last_message: MessageRecord | str | None = None
    unread_count: int | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType = UNSET
    order_number: str | UnsetType = UNSET
    status: str | UnsetType = UNSET


class UnreadCount(Wire, kw_only=True):
    """`data` of the unread count of one order."""

    unread_count: int


class OrderItem(Wire, kw_only=True):
    """One row of the order list; `truck_id` is the truck's unit number, `created_by` the owner's e-mail."""

    id: str
    order_number: str
    created_at: str = ""
    origin_address: str = ""
    destination_address: str = ""
    truck_id: str | None = None
    status: str | None = None
    created_by: str | None = None


class StatusCount(Wire, kw_only=True):
    """One filter counter."""

    value: str
    label: str
    quantity: int


class AxleConfig(Wire, kw_only=True):
    """One axle of the load; `spacing` is a text with a unit."""

    record_id: str | UnsetType = field(default=UNSET, name="_id")
    tires: Number | None = None
    tire_width: Number | None = None
    weight: Number | None = None
    spacing: str | Number | None = None


class Vehicle(Wire, kw_only=True):
    """A truck or a trailer; the last two fields are the trailer's."""

    id: str | UnsetType = UNSET
    unit_number: str | UnsetType = UNSET
    year: Number | UnsetType = UNSET
    make: str | UnsetType = UNSET
    licence_plate: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    nr_of_axles: Number | UnsetType = UNSET
    vin: str | UnsetType = UNSET
    length: str | Number | UnsetType = UNSET
    type: str | UnsetType = UNSET


class Moderator(Wire, kw_only=True):
    """Who took the order over; the answer of `moderate` may hold an empty object."""

    id: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


class CompanyInfo(Wire, kw_only=True):
    """The carrier's company, shown to staff only."""

    name: str | UnsetType = UNSET
    dba: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    city: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    zip: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET
    fax: str | UnsetType = UNSET
    email: str | UnsetType = UNSET


class CarrierNumbers(Wire, kw_only=True):
    """The carrier's registrations, shown to staff only."""

    mc_number: str | UnsetType = UNSET
    dot_number: str | UnsetType = UNSET
    ein_number: str | UnsetType = UNSET
    ifta_number: str | UnsetType = UNSET
    or_number: str | UnsetType = UNSET
    kyu_number: str | UnsetType = UNSET
    tx_number: str | UnsetType = UNSET
    tn_number: str | UnsetType = UNSET
    la_number: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    files: list[OrderFile] = field(default_factory=list)


class OrderLoad(Wire, kw_only=True):
    """Fields that the detail and the raw record of an order share; lengths in feet and inches."""

    order_number: str
    user_id: str = ""
    contact: str | UnsetType = UNSET
    permit_start_date: str | UnsetType = UNSET
    commodity: str | UnsetType = UNSET
    load_dims: str | UnsetType = UNSET
    length_ft: Number | UnsetType = UNSET
    length_in: Number | UnsetType = UNSET
    width_ft: Number | UnsetType = UNSET
    width_in: Number | UnsetType = UNSET
    height_ft: Number | UnsetType = UNSET
    height_in: Number | UnsetType = UNSET
    rear_overhang_ft: Number | UnsetType = UNSET
    rear_overhang_in: Number | UnsetType = UNSET
    make_model: str | UnsetType = UNSET
    serial: str | UnsetType = UNSET
    single_multiple: str | UnsetType = UNSET
    legal_weight: str | UnsetType = UNSET
    origin_address: str = ""
    destination_address: str = ""
    stops: list[str] = field(default_factory=list)
    files: list[OrderFile] = field(default_factory=list)
    status: str | UnsetType | None = UNSET
    axle_configs: list[AxleConfig] = field(default_factory=list)
    created_at: str = ""
    updated_at: str = ""


class OrderDetail(OrderLoad, kw_only=True):
    """`data` of GET /api/orders/{order_number}; the last two fields are for staff only."""

    id: str
    moderator: Moderator | None = None
    truck: Vehicle | UnsetType = UNSET
    trailer: Vehicle | UnsetType = UNSET
    carrier_numbers: CarrierNumbers | UnsetType = UNSET
    company_info: CompanyInfo | UnsetType = UNSET


class OrderRecord(OrderLoad, kw_only=True):
    """An order as stored: in `order-updated` and in answers to changes; ids are not resolved."""

    record_id: str = field(name="_id")
    truck_id: str | UnsetType | None = UNSET
    trailer_id: str | UnsetType | None = UNSET
    moderator_id: str | UnsetType | None = UNSET
    version: int | UnsetType = field(default=UNSET, name="__v")


class NewMessage(Wire, kw_only=True):
    """Payload of `new-message`."""

    order_id: str
    message: MessageRecord
    timestamp: str = ""


class OrderUpdate(Wire, kw_only=True):
    """What happened to the order; `type` is UPDATE_STATUS or UPDATE_CREATED."""

    type: str
    order: OrderRecord


class OrderUpdated(Wire, kw_only=True):
    """Payload of `order-updated`."""

    order_id: str
    update: OrderUpdate
    timestamp: str = ""


class UserTyping(Wire, kw_only=True):
    """Payload of `user-typing`; seen with `email`, documented with `userId`."""

    order_id: str
    is_typing: bool
    email: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET


class RoomSignal(Wire, kw_only=True):
    """Payload of `message-read`, `user-joined-order` and `user-left-order`."""

    user_id: str
    order_id: str
    timestamp: str = ""


class NotificationPush(Wire, kw_only=True):
    """Payload of `notification`."""

    id: str
    type: str
    title: str = ""
    message: str = ""
    metadata: Json = field(default_factory=dict)
    action_url: str | UnsetType = UNSET
    action_text: str | UnsetType = UNSET
    created_at: str = ""


class NotificationItem(Wire, kw_only=True):
    """One entry of the notification list; empty values are empty texts."""

    id: str
    recipient_id: str = ""
    sender_id: str = ""
    type: str = ""
    status: str = NOTIFICATION_UNREAD
    title: str = ""
    message: str = ""
    metadata: Json | str = field(default_factory=dict)
    action_url: str = ""
    action_text: str = ""
    expires_at: str = ""
    read_at: str = ""
    created_at: str = ""
    updated_at: str = ""
    unread: bool = False


class NotificationRecord(Wire, kw_only=True):
    """A notification as stored: in answers to create and update; what has no value is absent."""

    id: str
    record_id: str = field(name="_id")
    recipient_id: str
    sender_id: str | UnsetType = UNSET
    type: str
    status: str
    title: str
    message: str
    metadata: Json | UnsetType = UNSET
    action_url: str | UnsetType = UNSET
    action_text: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    read_at: str | UnsetType = UNSET
    created_at: str
    updated_at: str
    version: int | UnsetType = field(default=UNSET, name="__v")
    unread: bool


class NotificationStats(Wire, kw_only=True):
    """Counters of notifications; the recorded servers always give 1 per type."""

    total: int
    unread: int
    by_type: dict[str, int] = field(default_factory=dict)


class UserRecord(Wire, kw_only=True):
    """One entry of GET /api/users (raw, `_id`) and of GET /api/users/all (`id`, `company_info`)."""

    email: str
    role: str
    record_id: str | UnsetType = field(default=UNSET, name="_id")
    id: str | UnsetType = UNSET
    is_email_confirmed: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
    version: int | UnsetType = field(default=UNSET, name="__v")
    company_info: CompanyInfo | UnsetType | None = UNSET


class PresenceRecord(Wire, kw_only=True):
    """One party of an order; `last_seen` is empty for someone who never connected. Also the presence push."""

    user_id: str
    email: str
    role: str
    online: bool
    in_room: bool | UnsetType = UNSET
    last_seen: str = ""


class ErrorEvent(Wire, kw_only=True):
    """Payload of `error`, to one socket or to every socket of one account."""

    message: str
    event: str | UnsetType = UNSET
    order_id: str | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET
