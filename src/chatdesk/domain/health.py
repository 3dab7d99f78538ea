"""How the database stands: what a start has found and done about it, and what a check has found.

The window and `chatdesk doctor` tell both with the same sentences.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class StartKind(StrEnum):
    """In which state a start has found the data folder."""

    CLEAN = "clean"
    """As it was left."""
    UNCLEAN = "unclean"
    """The run before did not come to its end."""
    PUT_BACK = "put_back"
    """Database and journal have not lived through the same: one was restored, copied or lost."""
    BEHIND = "behind"
    """The database had lost what was committed; the journal gave the sends back."""
    REBUILT = "rebuilt"
    """The database was damaged: it was set aside, and a new one made."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """What a start has found and done."""

    kind: StartKind = StartKind.CLEAN
    set_aside: str = ""
    """Name of the damaged file, in the data folder; '' where none was."""
    asking: int = 0
    """Sends that wait for their person's word."""
    uncertain: int = 0
    """Sends of which is not known whether they have arrived."""
    settled: int = 0
    """Sends that waited here, though they had arrived or were let go."""
    drafts_apart: int = 0
    """Drafts of which there are two texts, so that their person has to choose."""
    accounts: int = 0
    conversations: int = 0
    messages: int = 0
    drafts: int = 0
    """What could be read from the damaged file."""
    unread_tables: tuple[str, ...] = ()
    """Tables of it of which parts could not be read."""


class Integrity(msgspec.Struct, frozen=True, kw_only=True):
    """What an integrity check has found. `ran`: False where the database could not be opened for it."""

    ran: bool = True
    pages: str = ""
    """'' where every page is sound, else the kind of fault, without contents."""
    loose_rows: int = 0
    """Rows that name a row which is not there."""
    astray: int = 0
    """Sends of which the database and the journal say different things."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.ran and not self.pages and self.loose_rows == 0 and self.astray == 0

    @property
    def must_rebuild(self) -> bool:
        """Whether the database is to be made anew at the next start."""
        return bool(self.pages)


def recovery_sentence(found: Recovery) -> str:
    """One line for the person; '' where there is nothing to tell."""
    if found.kind is StartKind.CLEAN:
        return ""
    if found.kind is StartKind.UNCLEAN:
        return "chatdesk did not end properly last time. Everything that you sent or wrote is here."
    if found.kind is StartKind.PUT_BACK:
        start = "This data was restored or copied."
    elif found.kind is StartKind.BEHIND:
        start = "The disk had lost the end of the database. It was brought back from the journal."
    else:
        start = (
            f"The database was damaged. It is kept as {found.set_aside}, and a new one was made."
            " Messages and orders are fetched again from the servers."
        )
    waiting = _waiting(found) or "No message of yours was waiting."
    return " ".join(part for part in (start, waiting, _drafts(found.drafts_apart)) if part)


def _drafts(apart: int) -> str:
    if not apart:
        return ""
    many = "1 draft is here in two versions" if apart == 1 else f"{apart} drafts are here in two versions"
    return f"{many}: their conversations show both." if apart > 1 else f"{many}: its conversation shows both."


def _waiting(found: Recovery) -> str:
    parts = []
    if found.asking:
        parts.append(f"{_messages(found.asking)} not sent yet: {_it(found.asking)} for your word")
    if found.uncertain:
        parts.append(f"{_messages(found.uncertain)} may have arrived: history is searched for it")
    if not parts:
        return ""
    return "Nothing that you sent is lost: " + "; ".join(parts) + "."


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _it(count: int) -> str:
    return "it waits" if count == 1 else "they wait"


def integrity_sentence(found: Integrity) -> str:
    """One line for the person."""
    if not found.ran:
        return "The database can't be opened."
    if found.pages:
        return (
            "The database is damaged. What you send is safe in the journal."
            " Restart chatdesk: it keeps the damaged file, makes a new one and fetches the messages again."
        )
    if found.astray:
        return (
            f"The database and the journal differ about {_messages(found.astray)}."
            " Restart chatdesk to settle it."
        )
    if found.loose_rows:
        return f"{found.loose_rows} rows of the database name rows that are not there. Nothing sent is lost."
    return "The database is sound."
