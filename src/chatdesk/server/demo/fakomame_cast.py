"""The people and parcels of Fakomame in the demonstration. Everybody and everything in it is made up."""

from __future__ import annotations

from dataclasses import dataclass

from chatdesk.server.demo.seats import SEATS
from chatdesk.wire.fakomame import names

DESK_EMAIL = SEATS[names.PLATFORM].desk
NOOR_EMAIL, TIAGO_EMAIL = SEATS[names.PLATFORM].customers
WREN_EMAIL = "wren@night-trains.example"
IDRIS_EMAIL = "idris@coast-road.example"
LENA_EMAIL = "lena@alpine-bus.example"
MARGOT_EMAIL = "margot@cousins-abroad.example"
ADMIN_EMAIL = "office@parcel-corner.example"
GONE_EMAIL = "former@parcel-corner.example"

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Someone:
    """An account of the demonstration."""

    email: str
    first_name: str
    last_name: str
    role: str
    phone: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A trip."""

    traveler: str
    origin: tuple[str, str]
    destination: tuple[str, str]
    transport: str
    leaves_in_days: int
    space_kg: int
    price_per_kg: float
    status: str = names.TRIP_POSTED

    @property
    def title(self) -> str:
        """What the trip is called."""
        return f"{self.origin[0]} to {self.destination[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A package; `trip` is whose trip it goes with, if any."""

    sender: str
    title: str
    description: str
    category: str
    weight_kg: float
    origin: tuple[str, str]
    destination: tuple[str, str]
    price: float
    status: str
    days_ago: int
    trip: str = ""


PEOPLE = (
    Someone(
        email=DESK_EMAIL,
        first_name="Parcel",
        last_name="Corner",
        role=names.ROLE_SENDER,
        phone="+351 555 0100",
    ),
    Someone(
        email=NOOR_EMAIL,
        first_name="Noor",
        last_name="Haddad",
        role=names.ROLE_TRAVELER,
        phone="+351 555 0111",
    ),
    Someone(
        email=TIAGO_EMAIL,
        first_name="Tiago",
        last_name="Brandt",
        role=names.ROLE_TRAVELER,
        phone="+351 555 0112",
    ),
    Someone(
        email=WREN_EMAIL,
        first_name="Wren",
        last_name="Okafor",
        role=names.ROLE_TRAVELER,
        phone="+33 555 0113",
    ),
    Someone(
        email=IDRIS_EMAIL, first_name="Idris", last_name="Vale", role=names.ROLE_COURIER, phone="+34 555 0114"
    ),
    Someone(
        email=LENA_EMAIL, first_name="Lena", last_name="Hofer", role=names.ROLE_TRAVELER, phone="+43 555 0115"
    ),
    Someone(
        email=MARGOT_EMAIL,
        first_name="Margot",
        last_name="Lund",
        role=names.ROLE_SENDER,
        phone="+45 555 0116",
    ),
    Someone(
        email=ADMIN_EMAIL, first_name="Back", last_name="Office", role=names.ROLE_ADMIN, phone="+351 555 0101"
    ),
    Someone(
        email=GONE_EMAIL,
        first_name="Former",
        last_name="Helper",
        role=names.ROLE_SENDER,
        phone="+351 555 0102",
        active=False,
    ),
)
WAYS = (
    Way(
        traveler=NOOR_EMAIL,
        origin=("Lisbon", "Portugal"),
        destination=("Lyon", "France"),
        transport="car",
        leaves_in_days=2,
        space_kg=25,
        price_per_kg=4.5,
    ),
    Way(
        traveler=TIAGO_EMAIL,
        origin=("Porto", "Portugal"),
        destination=("Vienna", "Austria"),
        transport="plane",
        leaves_in_days=1,
        space_kg=8,
        price_per_kg=9.0,
        status=names.TRIP_ACTIVE,
    ),
    Way(
        traveler=WREN_EMAIL,
        origin=("Lisbon", "Portugal"),
        destination=("Paris", "France"),
        transport="train",
        leaves_in_days=-1,
        space_kg=12,
        price_per_kg=5.0,
        status=names.TRIP_ACTIVE,
    ),
    Way(
        traveler=IDRIS_EMAIL,
        origin=("Faro", "Portugal"),
        destination=("Valencia", "Spain"),
        transport="car",
        leaves_in_days=-6,
        space_kg=40,
        price_per_kg=3.0,
        status=names.TRIP_COMPLETED,
    ),
    Way(
        traveler=LENA_EMAIL,
        origin=("Salzburg", "Austria"),
        destination=("Lisbon", "Portugal"),
        transport="bus",
        leaves_in_days=5,
        space_kg=15,
        price_per_kg=3.5,
    ),
)
PARCELS = (
    Parcel(
        sender=DESK_EMAIL,
        title="Set of azulejo tiles",
        description="Twelve hand-painted tiles in a padded crate",
        category="fragile",
        weight_kg=9.5,
        origin=("Lisbon", "Portugal"),
        destination=("Lyon", "France"),
        price=48.0,
        status=names.PACKAGE_MATCHED,
        days_ago=3,
        trip=NOOR_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Cork sample book",
        description="Swatches for a joiner, flat and light",
        category="documents",
        weight_kg=1.2,
        origin=("Porto", "Portugal"),
        destination=("Vienna", "Austria"),
        price=15.0,
        status=names.PACKAGE_MATCHED,
        days_ago=2,
        trip=TIAGO_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Repaired accordion",
        description="In its own hard case, do not lay flat",
        category="other",
        weight_kg=7.8,
        origin=("Lisbon", "Portugal"),
        destination=("Paris", "France"),
        price=60.0,
        status=names.PACKAGE_IN_TRANSIT,
        days_ago=4,
        trip=WREN_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Fishing reels",
        description="Four boxed reels",
        category="electronics",
        weight_kg=3.4,
        origin=("Faro", "Portugal"),
        destination=("Valencia", "Spain"),
        price=22.0,
        status=names.PACKAGE_DELIVERED,
        days_ago=9,
        trip=IDRIS_EMAIL,
    ),
    Parcel(
        sender=DESK_EMAIL,
        title="Box of linen towels",
        description="Soft, can be pressed",
        category="clothing",
        weight_kg=4.0,
        origin=("Lisbon", "Portugal"),
        destination=("Graz", "Austria"),
        price=18.0,
        status=names.PACKAGE_POSTED,
        days_ago=1,
    ),
    Parcel(
        sender=MARGOT_EMAIL,
        title="Winter boots for a nephew",
        description="One pair, in a shoe box",
        category="clothing",
        weight_kg=2.1,
        origin=("Salzburg", "Austria"),
        destination=("Lisbon", "Portugal"),
        price=14.0,
        status=names.PACKAGE_POSTED,
        days_ago=1,
    ),
)
STATUS = "status"
"""Instead of somebody's words: what became of the package."""
TALKS: dict[str, tuple[tuple[str, int, str], ...]] = {
    NOOR_EMAIL: (
        (
            "desk",
            2_900,
            "Hello Noor, the crate with the tiles is 50 by 40 by 30. Does it fit behind the seat?",
        ),
        ("them", 2_880, "It does, I measured yesterday: 60 by 45. Is the lid screwed or only taped?"),
        ("desk", 2_861, "Screwed, with four handles. Please keep the arrow up, the glaze chips easily."),
        (
            "them",
            2_790,
            "Then it rides between the two suitcases and goes nowhere. How heavy is it with the crate?",
        ),
        ("desk", 2_774, "Nine and a half kilos, so one person can carry it."),
        ("them", 1_420, "Understood. I come by on the morning of the drive, around half past eight."),
        ("desk", 1_402, "Perfect, ring the side door, the shop opens at ten."),
        ("them", 58, "Weather says rain from Burgos on. Is there a bag around the padding?"),
        ("them", 26, "One more thing: who takes the crate in Lyon if the studio is closed?"),
    ),
    TIAGO_EMAIL: (
        ("them", 2_200, "Hi, I fly on the weekend with hand luggage only. How thick is the sample book?"),
        ("desk", 2_180, "Three centimetres, like a photo album, so it goes into any backpack."),
        ("them", 2_150, "Good. Does the joiner meet me at the airport, or do I take the train to Meidling?"),
        ("desk", 2_090, "He waits at arrivals with a sign that says Cork."),
        ("desk", 2_086, "His flight to Graz leaves at six, so please no long coffee before."),
        ("them", 2_040, "No coffee before the handover, promised. Do I need an invoice for customs?"),
        ("desk", 2_012, "Inside the Union you need nothing, the slip in the cover is only for him."),
        ("them", 41, "Gate changed to B27, but the landing time stays. I send a line when we are down."),
        ("desk", 33, "Thanks, I tell him."),
    ),
    WREN_EMAIL: (
        (
            "desk",
            5_500,
            "Wren, the accordion is ready, reeds and all. The case weighs less than eight kilos.",
        ),
        ("them", 5_460, "Lovely, it gets the lower berth to itself."),
        (STATUS, 1_310, names.PACKAGE_IN_TRANSIT),
        ("them", 1_300, "Picked up, the case is locked and the key is in the envelope with the papers."),
        ("desk", 1_270, "Wonderful. The owner plays in Montreuil on Friday evening and cannot wait."),
        ("them", 75, "We stand in Hendaye, a signal fault. I still expect to be in before midnight."),
    ),
    IDRIS_EMAIL: (
        ("them", 12_900, "I can take the reels on Tuesday, there is room beside the cool boxes."),
        ("desk", 12_870, "Deal. Two of the boxes are a little dented from before, photographs are inside."),
        (STATUS, 10_700, names.PACKAGE_IN_TRANSIT),
        ("them", 9_100, "Handed over at the harbour office, signed by the skipper himself."),
        (STATUS, 9_095, names.PACKAGE_DELIVERED),
        ("desk", 9_040, "Received with thanks, until the next round!"),
    ),
    LENA_EMAIL: (
        (
            "them",
            600,
            "Good evening, I come down by bus next week. Is there a parcel to take back to Salzburg?",
        ),
        ("desk", 560, "Not to Salzburg, but there are towels for Graz. Would you pass through?"),
        ("them", 540, "Only if the connection in Linz holds. I look it up tonight."),
    ),
}
"""Per traveller: who, how many minutes ago, what."""
