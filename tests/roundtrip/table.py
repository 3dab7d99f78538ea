"""Every feature at every platform in both variants: the scenario that shows it, or why there is none.

The features are the rows of docs/platforms.md, and what happens to all of them by accident. A `No` is shown
as well: by what the account's capabilities say, or by the scenario that it names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chatdesk.server.dialect import Variant
from tests.roundtrip.scenarios import accidents, bookings, door, orders, parcels, talk, trips
from tests.roundtrip.stage import Place, Stage
from tests.tooling.platform_features import FEATURES, PLATFORMS

Scenario = Callable[[Place], Awaitable[None]]
Joint = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class No:
    """Not there, for a reason. Shown by what is offered; or by a scenario of what happens instead."""

    reason: str
    instead: Scenario | None = None


@dataclass(frozen=True, slots=True)
class Both:
    """Where the variants differ."""

    promised: Scenario | No
    as_is: Scenario | No


@dataclass(frozen=True, slots=True)
class All:
    """Shown by a scenario of all platforms at once."""

    joint: str


Cell = Scenario | No | Both | All

ACCIDENTS: dict[str, str] = {
    "offline": "written offline and sent once when the servers are back, also after a restart of the program",
    "token_end": "a token that ends in the middle of a session",
}
ROWS = FEATURES | ACCIDENTS


def everywhere(cell: Cell, **others: Cell) -> dict[str, Cell]:
    """One cell for all platforms but those named."""
    return dict.fromkeys(PLATFORMS, cell) | others


NOT_HERE = No("the platform has nothing of the kind")
NOT_STORED = No("this server stores nothing", instead=talk.stores_nothing)
NO_PUSH = No("nothing of it is told by push")

TABLE: dict[str, dict[str, Cell]] = {
    "sign_in": everywhere(door.refusals_are_told),
    "roles": everywhere(NOT_HERE, steppergo=door.seats_of_one_login, omw=door.seats_of_one_login),
    "otp_sign_in": everywhere(NOT_HERE, omw=bookings.signs_in_by_code),
    "token_renewal": everywhere(All("tokens")),
    "sign_out": everywhere(
        door.signs_out_at_the_server,
        fakomame=door.forgets_its_token,
        omw=No("no route; the token is forgotten here", instead=door.forgets_its_token),
        marketplace=No("no route; the token is forgotten here", instead=door.forgets_its_token),
    ),
    "polling": everywhere(All("deaf")),
    "conversation_list": everywhere(
        orders.talks_are_listed, marketplace=Both(orders.talks_are_listed, NOT_STORED)
    ),
    "start_chat": everywhere(
        orders.a_chat_begins_with_an_order,
        omw=bookings.a_chat_begins_with_a_booking,
        marketplace=orders.a_chat_begins_with_a_person,
    ),
    "lifecycle": everywhere(
        orders.an_administrator_can_not_be_written_to,
        dispatcher=Both(
            orders.a_talk_whose_access_is_withdrawn_is_read_only,
            No("the recorded server asks nobody", instead=orders.access_is_never_withdrawn),
        ),
        fakomame=parcels.a_closed_chat_is_read_only,
        steppergo=trips.who_lost_the_trip_is_told,
        omw=bookings.a_session_is_ended,
    ),
    "history": everywhere(
        talk.history_to_its_beginning, marketplace=Both(talk.history_to_its_beginning, NOT_STORED)
    ),
    "history_paging": everywhere(
        talk.history_to_its_beginning,
        steppergo=No("a history is one answer", instead=talk.history_to_its_beginning),
        marketplace=Both(talk.history_to_its_beginning, NOT_STORED),
    ),
    "send": everywhere(talk.sends_and_receives),
    "send_rest": everywhere(All("deaf")),
    "live_only": everywhere(
        No("every message is stored", instead=talk.sends_and_receives),
        marketplace=Both(No("every message is stored", instead=talk.sends_and_receives), talk.stores_nothing),
    ),
    "client_ids": everywhere(
        Both(
            accidents.own_ids_are_found_again,
            No("the recorded server keeps none", instead=accidents.no_id_is_kept),
        ),
        steppergo=accidents.own_ids_are_found_again,
        marketplace=accidents.own_ids_are_found_again,
    ),
    "subject": everywhere(NOT_HERE, marketplace=talk.subject_and_topic),
    "typing": everywhere(talk.typing_both_ways),
    "presence": everywhere(
        talk.coming_and_going,
        dispatcher=Both(talk.coming_and_going, talk.coming_alone),
        steppergo=NOT_HERE,
        omw=Both(talk.coming_and_going, talk.presence_is_polled),
    ),
    "last_seen": everywhere(NOT_HERE, fakomame=talk.last_seen, omw=talk.last_seen),
    "delivered": everywhere(No("no server says so reliably, or at all")),
    "read_per_message": everywhere(
        No("reading is told up to a point, or not at all", instead=None),
        dispatcher=No("told up to a point", instead=talk.reading_is_told),
        steppergo=No("told up to a point", instead=talk.reading_is_told),
        omw=talk.reading_is_told,
        marketplace=talk.reading_is_told,
    ),
    "read_per_conversation": everywhere(
        No("nothing is ever marked as read"),
        dispatcher=talk.reading_is_told,
        steppergo=talk.reading_is_told,
        omw=No("marks name messages", instead=talk.reading_is_told),
        marketplace=No("marks name messages", instead=talk.reading_is_told),
    ),
    "unread": everywhere(
        talk.unread_is_counted,
        dispatcher=Both(talk.unread_is_counted, No("counted here: no route", instead=talk.unread_is_counted)),
        fakomame=No("counted here: the server keeps no number", instead=talk.unread_is_counted),
        marketplace=Both(talk.unread_is_counted, NOT_STORED),
    ),
    "edit": everywhere(NOT_HERE),
    "delete": everywhere(NOT_HERE, dispatcher=talk.own_messages_are_deleted),
    "report": everywhere(NOT_HERE, steppergo=talk.a_message_is_reported),
    "upload": everywhere(NOT_HERE, fakomame=parcels.files_come_with_messages, omw=bookings.a_picture_is_sent),
    "voice": everywhere(NOT_HERE, omw=Both(bookings.voice_is_sent, NOT_HERE)),
    "location": everywhere(
        No("messages are words alone", instead=talk.a_place_is_only_words),
        fakomame=parcels.places_are_read_out_of_texts,
        steppergo=talk.places_travel,
    ),
    "reply": everywhere(NOT_HERE),
    "reactions": everywhere(NOT_HERE),
    "archive": everywhere(NOT_HERE),
    "message_search": everywhere(No("no server gives a client that signs in a way to it")),
    "foreign_dropped": everywhere(
        talk.strangers_hear_nothing,
        marketplace=Both(talk.strangers_hear_nothing, talk.relays_reach_their_recipient_alone),
    ),
    "order_list": everywhere(orders.orders_are_listed, marketplace=orders.requests_are_listed),
    "order_search": everywhere(
        orders.orders_are_looked_up, omw=NOT_HERE, marketplace=orders.people_are_looked_up
    ),
    "create_order": everywhere(
        NOT_HERE, dispatcher=orders.an_order_is_created, marketplace=orders.an_order_is_created
    ),
    "order_files": everywhere(NOT_HERE, dispatcher=orders.files_hang_on_orders),
    "status_push": everywhere(
        NO_PUSH,
        dispatcher=orders.an_administrator_changes_a_status,
        steppergo=trips.a_trip_moves_on,
        omw=Both(bookings.a_booking_moves_on, No("events go to rooms in which nobody is")),
    ),
    "status_change": everywhere(
        orders.an_administrator_changes_a_status,
        fakomame=parcels.an_owner_cancels_a_package,
        steppergo=trips.a_trip_moves_on,
        omw=bookings.a_booking_moves_on,
        marketplace=orders.a_buyer_closes_a_request,
    ),
    "accept": everywhere(
        NOT_HERE,
        dispatcher=orders.staff_takes_over,
        steppergo=trips.a_trip_is_accepted,
        omw=bookings.a_booking_is_accepted,
    ),
    "arrival_code": everywhere(
        NOT_HERE, omw=Both(bookings.a_code_at_arrival, No("mail fails", instead=bookings.no_code_comes))
    ),
    "live_position": everywhere(NOT_HERE, steppergo=trips.the_driver_is_on_the_map),
    "notifications": everywhere(
        NOT_HERE,
        dispatcher=orders.notices_are_read_marked_and_deleted,
        fakomame=orders.notices_are_read_marked_and_deleted,
        steppergo=trips.a_driver_has_notices,
    ),
    "probing": everywhere(
        door.probing_tells_what_is_there, fakomame=No("nothing to be probed", instead=door.refusals_are_told)
    ),
    "offline": everywhere(All("away")),
    "token_end": everywhere(All("tokens")),
}
JOINTS: dict[str, str] = {
    "away": "test_servers_go_away_and_come_back",
    "tokens": "test_tokens_end_in_the_middle",
    "deaf": "test_without_a_socket",
}
"""Scenarios of all platforms at once, and the tests that play them."""


def cell(feature: str, platform: str, variant: Variant) -> Scenario | No | All:
    """What the table says."""
    found = TABLE[feature][platform]
    if isinstance(found, Both):
        return found.promised if variant is Variant.PROMISED else found.as_is
    return found


def scenarios(variant: Variant) -> list[tuple[str, Scenario]]:
    """Every scenario that is to be played at a platform, each once."""
    found: dict[tuple[str, Scenario], None] = {}
    for platform in PLATFORMS:
        for feature in ROWS:
            what = cell(feature, platform, variant)
            shown = what.instead if isinstance(what, No) else what
            if shown is not None and not isinstance(shown, All):
                found[platform, shown] = None
    return list(found)


def absences(variant: Variant) -> list[tuple[str, str]]:
    """(platform, feature) of what is not there and shown by what is offered."""
    return [
        (platform, feature)
        for platform in PLATFORMS
        for feature in ROWS
        if isinstance(what := cell(feature, platform, variant), No) and what.instead is None
    ]
