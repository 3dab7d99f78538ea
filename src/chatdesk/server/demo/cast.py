"""The people and orders of the demonstration. Everybody and everything in it is made up."""

from __future__ import annotations

from dataclasses import dataclass, field

PASSWORD = "Permits#2026"
"""The password of every account of the demonstration."""

DESK_EMAIL = "desk@permit-desk.example"
"""The dispatcher who sits before the window: a moderator."""

ADMIN_EMAIL = "office@permit-desk.example"
"""The back office: may change the status of orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A truck or a trailer."""

    unit: str
    make: str
    year: int
    plate: str
    axles: int
    vin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A customer: somebody at a trucking company."""

    email: str
    first_name: str
    company: str
    city: str
    state: str
    zip_code: str
    phone: str
    mc_number: str
    truck: Vehicle
    trailer: Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Haul:
    """An order: a load that needs permits; lengths are (feet, inches)."""

    number: str
    carrier: str
    commodity: str
    make_model: str
    serial: str
    origin: str
    destination: str
    stops: tuple[str, ...]
    states: tuple[str, ...]
    length: tuple[int, int]
    width: tuple[int, int]
    height: tuple[int, int]
    weight_lb: int
    days_ago: int
    status: str
    taken: bool = True
    """Whether the desk has taken it over."""
    talk: int = 6
    """About how many messages its conversation has."""
    unread: int = 0
    """How many of the carrier's last messages the desk has not read."""
    contact: str = field(default="Dispatch")


CARRIERS = (
    Carrier(
        email="dana.reyes@lonestar-heavy.example",
        first_name="Dana",
        company="Lone Star Heavy Haul LLC",
        city="Austin",
        state="TX",
        zip_code="78745",
        phone="512-555-0142",
        mc_number="MC-401177",
        truck=Vehicle(
            unit="LS-114", make="Kenworth W990", year=2022, plate="R4L 9021", axles=4, vin="DEMO0KW990LS0114"
        ),
        trailer=Vehicle(
            unit="LS-L55", make="Trail King", year=2020, plate="TT 5512", axles=3, vin="DEMO0TKLOWBOY55"
        ),
    ),
    Carrier(
        email="marek@northline-crane.example",
        first_name="Marek",
        company="Northline Crane & Rigging",
        city="Fargo",
        state="ND",
        zip_code="58103",
        phone="701-555-0188",
        mc_number="MC-552940",
        truck=Vehicle(
            unit="NC-7", make="Peterbilt 389", year=2021, plate="ND 7 419", axles=5, vin="DEMO0PB389NC0007"
        ),
        trailer=Vehicle(
            unit="NC-RGN2", make="Fontaine", year=2019, plate="ND 8 102", axles=4, vin="DEMO0FTRGN00002"
        ),
    ),
    Carrier(
        email="aisha@blueridge-modular.example",
        first_name="Aisha",
        company="Blue Ridge Modular Transport",
        city="Roanoke",
        state="VA",
        zip_code="24012",
        phone="540-555-0117",
        mc_number="MC-318806",
        truck=Vehicle(
            unit="BR-22", make="Mack Anthem", year=2023, plate="VA 22 B7", axles=3, vin="DEMO0MACKBR00022"
        ),
        trailer=Vehicle(
            unit="BR-T9", make="Landoll", year=2021, plate="VA T9 4", axles=2, vin="DEMO0LANDOLLT009"
        ),
    ),
    Carrier(
        email="joel@copperstate-wind.example",
        first_name="Joel",
        company="Copper State Wind Logistics",
        city="Flagstaff",
        state="AZ",
        zip_code="86001",
        phone="928-555-0163",
        mc_number="MC-690214",
        truck=Vehicle(
            unit="CS-31", make="Western Star 49X", year=2024, plate="AZ CS31", axles=4, vin="DEMO0WS49XCS0031"
        ),
        trailer=Vehicle(
            unit="CS-B3", make="XL Blade", year=2023, plate="AZ B3", axles=3, vin="DEMO0XLBLADE0003"
        ),
    ),
    Carrier(
        email="ngozi@gulfport-marine.example",
        first_name="Ngozi",
        company="Gulfport Marine Haulers",
        city="Gulfport",
        state="MS",
        zip_code="39501",
        phone="228-555-0129",
        mc_number="MC-477031",
        truck=Vehicle(
            unit="GM-5", make="Volvo VNX", year=2020, plate="MS GM5", axles=4, vin="DEMO0VOLVOGM0005"
        ),
        trailer=Vehicle(
            unit="GM-H2", make="Talbert", year=2018, plate="MS H2", axles=3, vin="DEMO0TALBERTH002"
        ),
    ),
)

STATE_CODES = {
    "Alabama": "AL",
    "Arizona": "AZ",
    "New Mexico": "NM",
    "North Dakota": "ND",
    "Oklahoma": "OK",
    "South Dakota": "SD",
    "Tennessee": "TN",
    "West Virginia": "WV",
}
"""Of the states where a haul of the demonstration ends."""

CUSTOMER_EMAILS = tuple(carrier.email for carrier in CARRIERS[:3])
"""The customers who are live in the demonstration."""

HAULS = (
    Haul(
        number="ORD-204117",
        carrier="dana.reyes@lonestar-heavy.example",
        commodity="Hydraulic excavator",
        make_model="CAT 336",
        serial="DKS00417",
        origin="4100 Industrial Blvd, Round Rock, TX",
        destination="Pit 3, Bartlesville, OK",
        stops=("Waco, TX", "Ardmore, OK"),
        states=("Texas", "Oklahoma"),
        length=(84, 6),
        width=(11, 8),
        height=(14, 4),
        weight_lb=118_400,
        days_ago=6,
        status="processing",
        talk=130,
        unread=2,
        contact="Dana Reyes",
    ),
    Haul(
        number="ORD-204131",
        carrier="dana.reyes@lonestar-heavy.example",
        commodity="Asphalt paver",
        make_model="Vogele Super 2000",
        serial="VS2-1183",
        origin="Yard 2, Austin, TX",
        destination="I-10 widening, Las Cruces, NM",
        stops=("Fort Stockton, TX",),
        states=("Texas", "New Mexico"),
        length=(76, 0),
        width=(10, 6),
        height=(13, 11),
        weight_lb=92_700,
        days_ago=3,
        status="pending",
        taken=False,
        talk=5,
        unread=1,
        contact="Dana Reyes",
    ),
    Haul(
        number="ORD-203988",
        carrier="dana.reyes@lonestar-heavy.example",
        commodity="Wheel loader",
        make_model="Komatsu WA500",
        serial="A97012",
        origin="Laredo, TX",
        destination="Quarry gate, Lawton, OK",
        stops=(),
        states=("Texas", "Oklahoma"),
        length=(79, 3),
        width=(12, 1),
        height=(14, 0),
        weight_lb=104_900,
        days_ago=19,
        status="finished",
        talk=24,
        contact="Dana Reyes",
    ),
    Haul(
        number="ORD-204122",
        carrier="marek@northline-crane.example",
        commodity="Crawler crane, main body",
        make_model="Liebherr LR 1300",
        serial="138 042",
        origin="Fargo, ND",
        destination="Wind park gate 4, Huron, SD",
        stops=("Watertown, SD",),
        states=("North Dakota", "South Dakota"),
        length=(102, 9),
        width=(12, 6),
        height=(14, 8),
        weight_lb=156_200,
        days_ago=4,
        status="processing",
        talk=38,
        unread=1,
        contact="Marek Lindgren",
    ),
    Haul(
        number="ORD-204140",
        carrier="marek@northline-crane.example",
        commodity="Crane counterweights",
        make_model="Liebherr, 5 slabs",
        serial="CW-5511",
        origin="Fargo, ND",
        destination="Wind park gate 4, Huron, SD",
        stops=(),
        states=("North Dakota", "South Dakota"),
        length=(70, 0),
        width=(8, 6),
        height=(12, 2),
        weight_lb=99_300,
        days_ago=1,
        status="pending",
        talk=4,
        contact="Marek Lindgren",
    ),
    Haul(
        number="ORD-204019",
        carrier="marek@northline-crane.example",
        commodity="Bridge beam",
        make_model="Steel girder, 92 ft",
        serial="G-17",
        origin="Moorhead, MN",
        destination="Red River crossing, Grand Forks, ND",
        stops=(),
        states=("Minnesota", "North Dakota"),
        length=(118, 0),
        width=(9, 2),
        height=(13, 6),
        weight_lb=111_800,
        days_ago=14,
        status="requires_invoice",
        talk=16,
        contact="Marek Lindgren",
    ),
    Haul(
        number="ORD-204126",
        carrier="aisha@blueridge-modular.example",
        commodity="Modular classroom, half A",
        make_model="BRM Type 4",
        serial="BRM4-A-221",
        origin="Plant 1, Roanoke, VA",
        destination="Oak Hill School, Beckley, WV",
        stops=("Covington, VA",),
        states=("Virginia", "West Virginia"),
        length=(95, 0),
        width=(13, 10),
        height=(14, 2),
        weight_lb=71_500,
        days_ago=2,
        status="processing",
        talk=21,
        unread=3,
        contact="Aisha Boateng",
    ),
    Haul(
        number="ORD-204127",
        carrier="aisha@blueridge-modular.example",
        commodity="Modular classroom, half B",
        make_model="BRM Type 4",
        serial="BRM4-B-221",
        origin="Plant 1, Roanoke, VA",
        destination="Oak Hill School, Beckley, WV",
        stops=("Covington, VA",),
        states=("Virginia", "West Virginia"),
        length=(95, 0),
        width=(13, 10),
        height=(14, 2),
        weight_lb=70_900,
        days_ago=2,
        status="pending",
        talk=4,
        contact="Aisha Boateng",
    ),
    Haul(
        number="ORD-203975",
        carrier="aisha@blueridge-modular.example",
        commodity="Site office",
        make_model="BRM Type 1",
        serial="BRM1-077",
        origin="Roanoke, VA",
        destination="Kingsport, TN",
        stops=(),
        states=("Virginia", "Tennessee"),
        length=(72, 6),
        width=(11, 10),
        height=(13, 8),
        weight_lb=52_300,
        days_ago=23,
        status="charged",
        talk=12,
        contact="Aisha Boateng",
    ),
    Haul(
        number="ORD-204103",
        carrier="joel@copperstate-wind.example",
        commodity="Wind turbine blade",
        make_model="V126 blade",
        serial="BL-126-3",
        origin="Port terminal, Houston, TX",
        destination="Mesa ridge, Winslow, AZ",
        stops=("El Paso, TX", "Deming, NM"),
        states=("Texas", "New Mexico", "Arizona"),
        length=(224, 0),
        width=(14, 0),
        height=(15, 6),
        weight_lb=97_600,
        days_ago=8,
        status="requires_charge",
        talk=30,
        contact="Joel Yazzie",
    ),
    Haul(
        number="ORD-204009",
        carrier="joel@copperstate-wind.example",
        commodity="Tower section",
        make_model="T2 mid",
        serial="T2-0419",
        origin="Pueblo, CO",
        destination="Winslow, AZ",
        stops=("Gallup, NM",),
        states=("Colorado", "New Mexico", "Arizona"),
        length=(138, 0),
        width=(14, 6),
        height=(15, 9),
        weight_lb=142_000,
        days_ago=16,
        status="cancelled",
        talk=9,
        contact="Joel Yazzie",
    ),
    Haul(
        number="ORD-204135",
        carrier="ngozi@gulfport-marine.example",
        commodity="Work boat on cradle",
        make_model="42 ft crew boat",
        serial="HIN-42-118",
        origin="Dock 9, Gulfport, MS",
        destination="Slip C, Mobile, AL",
        stops=(),
        states=("Mississippi", "Alabama"),
        length=(81, 0),
        width=(14, 3),
        height=(14, 11),
        weight_lb=63_800,
        days_ago=2,
        status="pending",
        talk=7,
        unread=1,
        contact="Ngozi Ade",
    ),
)


def carrier_of(haul: Haul) -> Carrier:
    """Whose order it is."""
    return next(carrier for carrier in CARRIERS if carrier.email == haul.carrier)
