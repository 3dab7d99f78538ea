"""From rows of the core to what the marketplace sends: messages, people, requests, products."""

from __future__ import annotations

from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, SEQ_FIELD
from chatdesk.server.bodies import iso
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.marketplace.vocabulary import APPROVAL
from chatdesk.wire.marketplace import names

Record = dict[str, Any]

SUBJECT = "subject"
TOPIC = "message_type"
DOCUMENTS = "documents"
LAST_LOGIN = "lastLogin"
DELIVERED_AT = "deliveredAt"
READ_AT = "readAt"
"""Times beside the platform's `status`, which knows unread and read only."""


def person(user: User | None) -> Record | None:
    """Somebody inside another record; None for an account that is gone."""
    return None if user is None else {"email": user.email, "name": user.name, "_id": user.id}


def message(shown: Shown, recipient: User | None, *, bare: str = "") -> Record:
    """A stored message; `bare` names the party that is a plain id: sender, recipient, or none."""
    row, author = shown.message, shown.author
    updated_ms = max(row.updated_ms, shown.read_ms or 0)
    return {
        "_id": row.id,
        "sender_id": row.sender_id if bare == "sender" else person(author),
        "recipient_id": recipient.id if recipient and bare == "recipient" else person(recipient),
        "sender_type": kind(author),
        "recipient_type": kind(recipient),
        "subject": row.extras.get(SUBJECT, names.SUBJECT),
        "message": row.text,
        "message_type": row.extras.get(TOPIC, names.TOPIC_GENERAL),
        "status": names.STATUS_READ if shown.is_read else names.STATUS_UNREAD,
        "createdAt": iso(row.created_ms),
        "updatedAt": iso(updated_ms),
        "__v": 0,
    }


def told(shown: Shown, recipient: User | None, *, bare: str = "") -> Record:
    """The same with what this server adds: number, client id, when it was delivered and read."""
    record = message(shown, recipient, bare=bare) | {SEQ_FIELD: shown.message.seq}
    if shown.message.client_id is not None:
        record[CLIENT_ID_FIELD] = shown.message.client_id
    for key, at_ms in ((DELIVERED_AT, shown.delivered_ms), (READ_AT, shown.read_ms)):
        if at_ms is not None:
            record[key] = iso(at_ms)
    return record


def kind(user: User | None) -> str | None:
    """What somebody is in a message."""
    return None if user is None else names.KIND_OF_ROLE.get(user.role)


def login(user: User) -> Record:
    """Who signed in."""
    record: Record = {"id": user.id, "name": user.name, "email": user.email, "userType": user.role}
    keys = {
        names.ROLE_SELLER: ("companyName", APPROVAL),
        names.ROLE_EMPLOYEE: ("sellerId", "role", "permissions"),
        names.ROLE_ADMIN: ("adminLevel", "permissions"),
    }.get(user.role, ())
    return record | {key: user.profile[key] for key in keys if key in user.profile}


def profile(user: User) -> Record:
    """What a person sees of the own account."""
    record: Record = {"id": user.id, "name": user.name, "email": user.email}
    if user.role == names.ROLE_SELLER:
        record |= {"phone": user.phone, **user.profile, "isActive": user.active, **_times(user)}
        record.pop(DOCUMENTS, None)
    return record | {"role": user.role}


def raw(user: User) -> Record:
    """An account in the directory: everything but what signs it in."""
    known: Record = {"_id": user.id, "name": user.name, "email": user.email, "phone": user.phone}
    if user.role == names.ROLE_SELLER:
        known["isActive"] = user.active
    return {**known, **user.profile, **_times(user), "__v": 0}


def _times(user: User) -> Record:
    """A sign-in changes the account's record."""
    created = iso(user.created_ms)
    return {"createdAt": created, "updatedAt": user.profile.get(LAST_LOGIN, created)}


def rfq(order: Order, buyer: User | None = None) -> Record:
    """A request for quotation; with `buyer` its owner is an object, as administrators see it."""
    details = order.details
    return {
        "_id": order.id,
        "title": order.title,
        "description": details.get("description", ""),
        **{key: details[key] for key in RFQ_EXTRAS if details.get(key) is not None},
        "buyerId": order.owner_id if buyer is None else person(buyer),
        "status": order.status,
        "distributionType": details.get("distributionType", "all"),
        "targetSellerIds": details.get("targetSellerIds", []),
        "responses": details.get("responses", []),
        "attachments": details.get("attachments", []),
        "createdAt": iso(order.created_ms),
        "updatedAt": iso(order.updated_ms),
        "__v": len(details.get("responses", [])),
    }


RFQ_EXTRAS = (
    "quantity",
    "budget_min",
    "budget_max",
    "delivery_location",
    "deadline",
    "productId",
    "categoryId",
)


def product(order: Order, seller: User, *, alone: bool = False) -> Record:
    """Something a seller offers; `alone`, outside of a list, it does not name the seller's company."""
    owner = person(seller) or {}
    return {
        "meta": {"keywords": []},
        "_id": order.id,
        "name": order.title,
        "description": order.details.get("description", ""),
        "price": order.details.get("price", 0),
        "stock": order.details.get("stock", 0),
        "categories": order.details.get("categories", []),
        "images": order.details.get("images", []),
        "sku": order.details.get("sku", ""),
        "sellerId": owner if alone else owner | {"companyName": seller.profile.get("companyName", "")},
        "status": order.status,
        "attributes": [],
        "createdAt": iso(order.created_ms),
        "updatedAt": iso(order.updated_ms),
        "__v": order.version,
    }
