"""Bookings and booking requests as each list and detail of the platform has them: columns of wide tables."""

from __future__ import annotations

from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.omw.records import Record, db_time, number, profile_id, service_of

PAY_AFTER = "pay_after_service"
CATEGORY = "Home services"
OTP_CODE, OTP_EXPIRES, OTP_ASKED, OTP_TRIES = "otp_code", "otp_expires_ms", "otp_asked_ms", "otp_tries"
"""In the details of a booking: the code of arrival, until when, when one was last asked for, wrong tries."""
ASKED, ANSWERED = "requested_ms", "responded_ms"
"""In the details of a request."""
REQUEST_PREFIX = "r"
"""Before the number of a request, in the ids of the core: bookings have the same numbers."""

_EMPTY = (
    "gst",
    "actual_cost",
    "payment_completed_at",
    "upi_payment_method_id",
    "cash_payment_id",
    "duration",
    "cost_type",
    "notes",
    "service_started_at",
    "completion_time",
    "customer_id",
    "rating",
    "review",
    "rating_submitted_at",
    "wallet_transaction_id",
    "selfie_verified_at",
    "base_item_price",
    "night_charge_per_unit",
    "night_charge_amount",
    "is_night_booking",
    "scheduled_time_local",
    "timezone",
    "discount_percentage",
    "discount_amount",
    "subtotal_before_gst",
    "night_charge",
)
"""Columns that are null unless the details of a booking say otherwise."""
_OF_RIDES = (
    "with_vehicle",
    "pickup_address",
    "pickup_lat",
    "pickup_lon",
    "drop_address",
    "drop_lat",
    "drop_lon",
)
_NIGHT = ("night_charge", "night_start_time", "night_end_time")
_RATING = ("ride_rating", "ride_review", "ride_rating_submitted_at")


def money(value: object) -> str | None:
    """A decimal column: text with two digits behind the point."""
    return f"{float(value):.2f}" if isinstance(value, int | float) else None


def _columns(order: Order, worker: User | None) -> Record:
    details = order.details
    found: Record = {name: details.get(name) for name in _EMPTY}
    expires_ms = details.get(OTP_EXPIRES)
    return found | {
        "id": number(order.id),
        "user_id": number(order.owner_id),
        "provider_id": profile_id(worker),
        "booking_type": details.get("booking_type", "service"),
        "subcategory_id": service_of(order).get("subcategory_id"),
        "scheduled_time": details.get("scheduled_time"),
        "estimated_cost": details.get("estimated_cost"),
        "price": details.get("price"),
        "total_amount": details.get("total_amount"),
        "service_status": order.status,
        "payment_status": details.get("payment_status", "pending"),
        "payment_method": details.get("payment_method"),
        "created_at": db_time(order.created_ms),
        "address": details.get("address"),
        "otp_code": details.get(OTP_CODE),
        "otp_expires_at": db_time(expires_ms),
        "updated_at": db_time(order.updated_ms),
        "selfie_verification_required": details.get("selfie_verification_required", 0),
        "selfie_verification_status": details.get("selfie_verification_status", "not_required"),
        "service_unit_count": details.get("service_unit_count", 1),
    }


def _service(order: Order) -> Record:
    service = service_of(order)
    return {"service_name": service.get("name"), "service_description": service.get("description")}


def for_worker(order: Order, customer: User, worker: User | None, *, with_code: bool) -> Record:
    """A booking's detail as its worker sees it; `with_code`: the customer's code among it, in clear."""
    service, columns = service_of(order), _columns(order, worker)
    if not with_code:
        columns["otp_code"] = None
    item = {
        "subcategory_id": service.get("subcategory_id"),
        "subcategory_name": service.get("name"),
        "service_description": service.get("description"),
        "price": order.details.get("price"),
        "category_name": service.get("category", CATEGORY),
        "quantity": columns["service_unit_count"],
    }
    return {
        **columns,
        "payment_method": columns["payment_method"] or PAY_AFTER,
        "customer_name": customer.name,
        "customer_phone": customer.phone,
        "customer_email": customer.email,
        **_service(order),
        "cart_items": [item],
    }


def contact(customer: User) -> Record:
    """The customer beside a booking's detail."""
    return {"name": customer.name, "phone": customer.phone, "email": customer.email}


def _for_customer(order: Order, worker: User | None) -> Record:
    total = order.details.get("total_amount", order.details.get("price"))
    return {
        **_service(order),
        "provider_name": worker.name if worker else None,
        "display_address": order.details.get("address"),
        "display_price": money(total),
    }


def in_history(order: Order, worker: User | None) -> Record:
    """A booking in its customer's list."""
    columns = _columns(order, worker)
    columns["total_amount"] = money(columns["total_amount"])
    return {**columns, **_for_customer(order, worker)}


def for_customer(order: Order, worker: User | None) -> Record:
    """A booking's detail as its customer sees it."""
    columns, price = _columns(order, worker), order.details.get("price")
    counted = {
        "base_item_price": price,
        "night_charge_per_unit": 0,
        "night_charge_amount": 0,
        "is_night_booking": False,
        "discount_percentage": 0,
        "discount_amount": 0,
        "subtotal_before_gst": price,
    }
    return {
        **columns,
        **{name: value for name, value in counted.items() if columns[name] is None},
        "payment_method": columns["payment_method"] or PAY_AFTER,
        **_for_customer(order, worker),
        "provider_phone": worker.phone if worker else None,
        "subcategory_base_price": price,
        **{f"subcategory_{name}": None for name in _NIGHT},
        "customer_discount_percentage": "0.00",
        "customer_type_name": "Normal",
        "payment_id": None,
        "razorpay_payment_id": None,
        "razorpay_order_id": None,
        "amount_paid": None,
    }


def request(offer: Order, order: Order, customer: User, *, by_cursor: bool = False) -> Record:
    """A booking request in its worker's list; the form that goes by cursor has one column more."""
    details, service = order.details, service_of(order)
    record: Record = {
        "request_id": request_number(offer),
        "booking_id": number(order.id),
        "status": offer.status,
        "requested_at": db_time(offer.details.get(ASKED, offer.created_ms)),
        "responded_at": db_time(offer.details.get(ANSWERED)),
        "user_id": number(order.owner_id),
        "booking_type": details.get("booking_type", "service"),
        **{name: details.get(name) for name in (*_OF_RIDES, *_NIGHT, *_RATING)},
        "service_address": details.get("address"),
        "service_lat": None,
        "service_lng": None,
        "customer_address": details.get("address"),
        "customer_latitude": None,
        "customer_longitude": None,
        **{name: details.get(name) for name in ("actual_cost", "price", "estimated_cost")},
        "service_status": order.status,
        "payment_status": details.get("payment_status", "pending"),
        "booking_created_at": db_time(order.created_ms),
        "scheduled_time": details.get("scheduled_time"),
        "duration": details.get("duration"),
        "cost_type": details.get("cost_type"),
        "subcategory_id": service.get("subcategory_id"),
        "customer_name": customer.name,
        "customer_phone": customer.phone,
        **_service(order),
        "category_name": service.get("category", CATEGORY),
        "is_night_booking": False,
        "night_charge_amount": 0,
        "night_charge_per_unit": 0,
    }
    return record | {"service_unit_count": details.get("service_unit_count", 1)} if by_cursor else record


def request_number(offer: Order) -> int:
    """The number of a request."""
    return number(offer.id.removeprefix(REQUEST_PREFIX)) or 0


def request_id(number_: object) -> str:
    """The core's id of a request with this number."""
    return f"{REQUEST_PREFIX}{number_}"
