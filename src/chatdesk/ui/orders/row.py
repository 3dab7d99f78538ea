"""One row of the orders, with all that searching, sorting and painting ask often worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from chatdesk.domain.entities import Order, StatusChoice
from chatdesk.domain.ids import OrderId
from chatdesk.domain.kinds import OrderKind, Progress
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.folding import fold
from chatdesk.ui.lists.row import TITLE_CHARS, order_tag
from chatdesk.ui.orders.steps import of_kind

CLOSED = frozenset({Progress.DONE, Progress.CANCELLED})
"""Progress of orders that need nobody any more."""


class OrderRow(msgspec.Struct, frozen=True):
    """An order as lists show it. Every text is one line without control or direction characters."""

    order: Order
    tag: str
    customer: str
    title: str
    status: str
    haystack: str
    """Folded number, customer, title and status: what the search field looks into."""

    @property
    def id(self) -> OrderId:
        """The order's id."""
        return self.order.id

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.order.progress not in CLOSED


def row_of(order: Order) -> OrderRow:
    """Work out the row of an order. Any text is allowed in it."""
    tag = order_tag(order.number)
    customer, title = one_line(order.customer, TITLE_CHARS), one_line(order.title, TITLE_CHARS)
    status = one_line(order.status_label or order.status, TITLE_CHARS)
    return OrderRow(
        order=order,
        tag=tag,
        customer=customer,
        title=title,
        status=status,
        haystack=fold(f"{tag}\n{customer}\n{title}\n{status}"),
    )


def share_done(order: Order, statuses: Sequence[StatusChoice]) -> float:
    """How far an order has come, from 0 to 1: its place on the usual path of its platform.

    statuses: what the account's platform knows; an order off that path is placed by its progress alone.
    """
    if order.progress is Progress.DONE:
        return 1.0  # whatever else the platform lists after it
    path = [status.value for status in of_kind(statuses, order.kind) if status.on_path]
    if order.status in path:
        return (path.index(order.status) + 1) / len(path)
    return _SHARES[order.progress]


_SHARES = {
    Progress.OPEN: 0.1,
    Progress.ACTIVE: 0.5,
    Progress.WAITING: 0.6,
    Progress.DONE: 1.0,
    Progress.CANCELLED: 0.0,
    Progress.UNKNOWN: 0.0,
}


def kind_text(kind: OrderKind) -> str:
    """What sort of thing an order is."""
    return _KINDS[kind]()


_KINDS = {
    OrderKind.ORDER: lambda: tr("Order"),
    OrderKind.TRIP: lambda: tr("Trip"),
    OrderKind.PACKAGE: lambda: tr("Package"),
    OrderKind.BOOKING: lambda: tr("Booking"),
    OrderKind.RFQ: lambda: tr("RFQ"),
}


def progress_text(progress: Progress) -> str:
    """How an order stands, in a word that holds for every platform."""
    return _PROGRESS[progress]()


def kind_in_line(kind: OrderKind) -> str:
    """What sort of thing an order is, within a line."""
    return _KINDS_IN_LINE[kind]()


_KINDS_IN_LINE = {
    OrderKind.ORDER: lambda: tr("order"),
    OrderKind.TRIP: lambda: tr("trip"),
    OrderKind.PACKAGE: lambda: tr("package"),
    OrderKind.BOOKING: lambda: tr("booking"),
    OrderKind.RFQ: lambda: tr("RFQ"),
}


def kinds_text(kind: OrderKind) -> str:
    """Several orders of a sort, for a filter."""
    return _MANY_KINDS[kind]()


_MANY_KINDS = {
    OrderKind.ORDER: lambda: tr("Orders"),
    OrderKind.TRIP: lambda: tr("Trips"),
    OrderKind.PACKAGE: lambda: tr("Packages"),
    OrderKind.BOOKING: lambda: tr("Bookings"),
    OrderKind.RFQ: lambda: tr("RFQs"),
}

_PROGRESS = {
    Progress.OPEN: lambda: tr("open"),
    Progress.ACTIVE: lambda: tr("in progress"),
    Progress.WAITING: lambda: tr("waiting"),
    Progress.DONE: lambda: tr("done"),
    Progress.CANCELLED: lambda: tr("cancelled"),
    Progress.UNKNOWN: lambda: tr("unknown"),
}
PROGRESS_COLOURS = {
    Progress.OPEN: "accent",
    Progress.ACTIVE: "ok",
    Progress.WAITING: "warn",
    Progress.DONE: "ok",
    Progress.CANCELLED: "muted",
    Progress.UNKNOWN: "muted",
}
"""Tokens of the progress bar."""
