"""Who sits before the window of the demonstration at each platform, and who is live there. All made up.

The seeds make these accounts, with `cast.PASSWORD` as the password of every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatdesk.server.demo.cast import CUSTOMER_EMAILS, DESK_EMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSeat:
    """One platform of the demonstration, as seen by those who sign in there."""

    platform: str
    desk: str
    """E-mail address of the account before the window."""
    customers: tuple[str, ...]
    """E-mail addresses of those who write back. The seed gives each a conversation with the desk, about an
    order that is still open.
    """
    role: str = ""
    """What the desk signs in as, where the platform asks for it; else empty."""
    customer_role: str = ""
    """The same of the customers."""


SEATS: dict[str, DemoSeat] = {
    one.platform: one
    for one in (
        DemoSeat(platform="dispatcher", desk=DESK_EMAIL, customers=CUSTOMER_EMAILS),
        # A sender of packages; the customers are travellers who carry them.
        DemoSeat(
            platform="fakomame",
            desk="shop@parcel-corner.example",
            customers=("noor@between-cities.example", "tiago@weekend-flights.example"),
        ),
        # A driver; the customers are passengers with confirmed bookings, each on one trip of the driver only:
        # typing is shown where it is clear where somebody types.
        DemoSeat(
            platform="steppergo",
            desk="desk@longroad-rides.example",
            role="driver",
            customers=("saule@almond-tree.example", "dana@riverbank.example"),
            customer_role="traveller",
        ),
        # A worker; the customers have bookings that the worker has accepted.
        DemoSeat(
            platform="omw",
            desk="worker@handy-home.example",
            role="worker",
            customers=("mira@oak-street.example", "owen@mill-lane.example"),
            customer_role="customer",
        ),
        # A seller; the customers are buyers.
        DemoSeat(
            platform="marketplace",
            desk="sales@ironwood.example",
            customers=("purchasing@tallmill.example", "orders@quaystone.example"),
        ),
    )
}
"""By the platform's name."""
