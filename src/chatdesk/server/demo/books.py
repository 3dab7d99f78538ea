"""What the live customers of each platform say."""

from __future__ import annotations

from chatdesk.server.demo.phrases import Book
from chatdesk.wire.dispatcher.names import (
    STATUS_PENDING,
    STATUS_PROCESSING,
    STATUS_REQUIRES_CHARGE,
    STATUS_REQUIRES_INVOICE,
)

CARRIERS = Book(
    topics=(
        (
            r"\b(axle|axles|weight|weights|gross|lb)\b",
            (
                "Scale ticket for {number} says {weight} lb on the drive group, slip {slip}.",
                "Weighed again: {weight} lb gross with fuel, slip {slip} for {number}.",
            ),
        ),
        (
            r"\b(permit|permits|approved|filed|application)\b",
            (
                "Thanks, I will print permit sheet {slip} for the {item} driver.",
                "Good to hear about {number}. Does sheet {slip} cover {destination} too?",
                "Got it. The {item} leaves {origin} as soon as sheet {slip} is in the cab.",
            ),
        ),
        (
            r"\b(when|time|today|tomorrow|eta|start|pickup|pick)\b",
            (
                "Driver can be at {origin} by {clock}, gate pass {slip}.",
                "We planned {clock} for {number}, pass {slip} is with the guard.",
            ),
        ),
        (
            r"\b(escort|escorts|pilot|police)\b",
            (
                "Escort for {number} is booked from {clock}, car {slip}.",
                "Our pilot car {slip} meets the {item} at {clock}.",
            ),
        ),
        (
            r"\b(route|detour|bridge|bridges|road|highway|work zone|closed)\b",
            (
                "Copy, the driver of {number} takes the detour near mile {mile}, note {slip}.",
                "Understood. With {height} ft height we stay off the bridge at mile {mile}, note {slip}.",
            ),
        ),
        (
            r"\b(invoice|charge|charged|payment|pay|price|cost)\b",
            (
                "Please put our PO {slip} on the invoice for {number}.",
                "Accounting pays {number} on Friday, reference {slip}.",
            ),
        ),
        (
            r"\?",
            (
                "Let me check with the driver of {number}, back to you by {clock} (note {slip}).",
                "Yes for {number}, the {item} is exactly as on the form, checked at {clock}, note {slip}.",
            ),
        ),
    ),
    anything=(
        "Thanks for the quick answer on {number}, noted as {slip}.",
        "OK, passed on to the driver of the {item} at {clock}, note {slip}.",
        "Perfect, that helps with {number}. I keep it as note {slip}.",
    ),
    lines=(
        "Any news on {number}? The {item} is loaded since {clock}, ticket {slip}.",
        "Quick one on {number}: may we travel after {clock} near mile {mile}? Ticket {slip}.",
        "The crew at {destination} asks for an arrival time of {number}, ticket {slip}.",
        "Our trailer for {number} passed inspection at {clock}, report {slip}.",
        "Weather looks bad around mile {mile}, can {number} wait until {clock}? Ticket {slip}.",
        "Pickup at {origin} is confirmed for {clock}, ticket {slip}.",
        "New load chart for the {item} of {number} is ready, document {slip}.",
    ),
    on_status={
        STATUS_PROCESSING: "Saw that {number} is being processed now, thank you! Noted as {slip}.",
        STATUS_REQUIRES_INVOICE: "Status of {number} changed, so I expect the invoice, PO {slip}.",
        STATUS_REQUIRES_CHARGE: "Card for {number} is the one ending as usual, authorisation {slip}.",
        STATUS_PENDING: "Is something missing for {number}, since it is pending again? Ticket {slip}.",
    },
)
TRAVELLERS = Book(
    topics=(
        (
            r"\b(weigh|weighs|weight|kg|heavy|size)\b",
            (
                "Fine, I still have room for the {item}; scale at home said it, tag {slip}.",
                "That fits. I put tag {slip} on the {item} so I find it again.",
            ),
        ),
        (
            r"\b(receipt|customs|papers|invoice)\b",
            (
                "Good, please put the receipt in the {item} parcel, customs asked last time (form {slip}).",
                "I will keep the papers in my hand luggage, form {slip}.",
            ),
        ),
        (
            r"\b(pick|pickup|meet|collect|hand|drop)\b",
            (
                "I can be at {origin} at {clock}, I wear a green coat. Locker {slip} if I am late.",
                "{clock} works for me. Shall I ring at the desk, code {slip}?",
            ),
        ),
        (
            r"\?",
            (
                "Yes, for the {item} that is fine. I noted it as {slip}.",
                "Let me look at my ticket and tell you by {clock} (note {slip}).",
            ),
        ),
    ),
    anything=(
        "Thank you, noted with the {item}, tag {slip}.",
        "All right! I write again from {destination} around {clock}, tag {slip}.",
    ),
    lines=(
        "My flight moved to {clock}, the {item} still comes with me. Booking {slip}.",
        "Is somebody at {destination} to take the {item} around {clock}? Tag {slip}.",
        "I packed the {item} between my clothes, photo {slip} follows when I land.",
        "Security had a look at the {item} and let it pass, slip {slip}.",
        "Do you have more for {destination}? I could take one small thing, tag {slip}.",
    ),
)
PASSENGERS = Book(
    topics=(
        (
            r"\b(bag|bags|luggage|suitcase)\b",
            (
                "One suitcase and a backpack, tag {slip}.",
                "Just a small bag this time, tag {slip}. Is there room for it at {origin}?",
            ),
        ),
        (
            r"\b(when|time|leave|leaving|minutes|late|early|depart)\b",
            (
                "Perfect, I will be at {origin} ten minutes earlier, seat slip {slip}.",
                "{clock} is fine for me, seat slip {slip}.",
            ),
        ),
        (
            r"\b(stop|stops|road|route|rain|snow|traffic)\b",
            (
                "A short stop near kilometre {mile} would be nice, slip {slip}.",
                "Thanks for the warning, I bring a warm coat. Slip {slip}.",
            ),
        ),
        (
            r"\?",
            (
                "Yes please. My seat slip for {item} is {slip}.",
                "I ask my sister and tell you before {clock}, slip {slip}.",
            ),
        ),
    ),
    anything=(
        "Thank you, see you at {origin}! Slip {slip}.",
        "Great, noted with my seat slip {slip}.",
    ),
    lines=(
        "I am at the stop in {origin} from {clock} on, slip {slip}.",
        "May I get off before {destination}, near kilometre {mile}? Slip {slip}.",
        "Is there a seat left for a friend? She could be there at {clock}, slip {slip}.",
        "Which side of the station do you stop at in {origin}? Slip {slip}.",
        "I paid for {item} at {clock}, receipt {slip}.",
    ),
)
HOUSEHOLDS = Book(
    topics=(
        (
            r"\b(photo|picture|see|look)\b",
            (
                "I took one at {clock}, it is number {slip} on my phone. Same spot as before.",
                "It looks the same as yesterday, just a bit wetter. Note {slip}.",
            ),
        ),
        (
            r"\b(when|time|minutes|way|arrive|today|tomorrow)\b",
            (
                "Good, I am home until {clock}. Door code is {slip}.",
                "{clock} suits us. Please ring twice, the bell is slow (note {slip}).",
            ),
        ),
        (
            r"\b(price|cost|pay|part|parts|spare)\b",
            (
                "That is fine with me, please write it on bill {slip}.",
                "All right. My landlord pays for parts, his number for it is {slip}.",
            ),
        ),
        (
            r"\?",
            (
                "Yes. For the {item} I left everything as it was, note {slip}.",
                "I will check at {clock} and write you, note {slip}.",
            ),
        ),
    ),
    anything=(
        "Thank you, that helps. I keep it as note {slip}.",
        "Great, the {item} can wait until then. Note {slip}.",
    ),
    lines=(
        "Where may you park? In front of {destination} is free until {clock}, sign {slip}.",
        "The water is off now because of the {item}, tap {slip} in the cellar.",
        "My neighbour would let you in from {clock} on, key {slip}.",
        "Do I have to clear the room for the {item}? Note {slip}.",
        "Could you also bring a spare one? The label says {slip}.",
    ),
)
BUYERS = Book(
    topics=(
        (
            r"\b(price|discount|per cent|quote|offer)\b",
            (
                "Then please send it as quotation {slip}, I get it signed by {clock}.",
                "That is within our budget {slip}. Does it include delivery?",
            ),
        ),
        (
            r"\b(deliver|delivery|truck|pallet|pallets|dispatch|shipped|ship)\b",
            (
                "Our dock is open until {clock}, please give gate number {slip} to the driver.",
                "Good. Two pallets fit, dock slip {slip}.",
            ),
        ),
        (
            r"\b(stock|available|sample|samples)\b",
            (
                "Please put them aside under {slip}, the order comes today.",
                "A sample first would be good, our cost centre is {slip}.",
            ),
        ),
        (
            r"\?",
            (
                "Yes, as in our enquiry about {item}. Internal number {slip}.",
                "I ask the workshop and come back by {clock}, number {slip}.",
            ),
        ),
    ),
    anything=(
        "Thank you, that is filed with us as {slip}.",
        "Understood. I pass it on to the warehouse, note {slip}.",
    ),
    lines=(
        "One more question about {item}: is there a data sheet? Our number is {slip}.",
        "The workshop would need the first ten by {clock} on Friday, number {slip}.",
        "Who signs for you? The contract number is {slip}.",
        "Could you send the invoice for {item} as one file, please? Purchase order {slip}.",
        "We compare three sellers for {item} until {clock}, tender {slip}.",
    ),
)
BOOKS: dict[str, Book] = {
    "dispatcher": CARRIERS,
    "fakomame": TRAVELLERS,
    "steppergo": PASSENGERS,
    "omw": HOUSEHOLDS,
    "marketplace": BUYERS,
}
"""By the platform's name."""
