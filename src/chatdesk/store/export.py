"""Everything of a data folder as files that any program can read: JSON Lines and plain transcripts.

One read transaction on a connection that only reads: it may run beside a chatdesk that works, and sees one
moment of it. What exists already is never overwritten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, Final

import apsw
import msgspec

from chatdesk.domain.entities import Conversation, Message, StatusStep
from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, StoreProblem
from chatdesk.domain.kinds import DeliveryState
from chatdesk.store import rows, staging
from chatdesk.store.connection import FILE_NAME, open_looking, problem

NAME_CHARS: Final = 60
_UNSAFE: Final = re.compile(r"[^\w -]+")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BREAKS: Final = re.compile("\r\n|[\r\n\u2028\u2029]")
_PENDING: Final = {
    DeliveryState.QUEUED: "not sent yet",
    DeliveryState.IN_FLIGHT: "being sent",
    DeliveryState.UNCERTAIN: "may have arrived",
    DeliveryState.PARKED: "not sent",
}


class Exported(msgspec.Struct):
    """How much was written. files: copies of those that wait to be sent.

    unreadable: rows and copies that could not be read and are missing.
    """

    accounts: int = 0
    orders: int = 0
    conversations: int = 0
    messages: int = 0
    drafts: int = 0
    outbox: int = 0
    files: int = 0
    unreadable: int = 0


OTHER_TEXT_SINCE: Final = 2
"""Version of the database that keeps both texts of a draft."""


class NotEmpty(StoreProblem):
    """There is something in the folder that was to be written to."""


def export(folder: Path, to: Path, *, zone: tzinfo | None = None) -> Exported:
    """Write all of the data folder `folder` to `to`, which must be empty or missing.

    zone: of the times in transcripts; None: this machine's. Raises NotEmpty, DiskTrouble, DamagedDatabase;
    what was written until then stays.
    """
    if not (folder / FILE_NAME).exists():
        raise StoreProblem("there is no database")
    try:
        con = open_looking(folder / FILE_NAME)
    except apsw.Error as exc:
        raise problem(exc) or exc from exc
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(to.iterdir()):
            raise NotEmpty("the folder is not empty")
        con.execute("BEGIN")
        return _Export(con, folder, to, zone).all()
    except OSError as exc:
        raise DiskTrouble(f"it can't be written: {exc.strerror}") from exc
    except apsw.Error as exc:
        raise problem(exc) or exc from exc
    finally:
        con.close()


class _Export:
    def __init__(self, con: apsw.Connection, folder: Path, to: Path, zone: tzinfo | None) -> None:
        self._con = con
        self._from = folder
        self._to = to
        self._zone = zone
        self._done = Exported()

    def all(self) -> Exported:
        done = self._done
        accounts = self._table("accounts", rows.ACCOUNTS + " ORDER BY id", rows.account)
        done.accounts = accounts
        steps = self._steps()
        done.orders = self._table(
            "orders",
            rows.ORDERS + " ORDER BY o.id",
            lambda row: rows.order(row, tuple(steps.get(row[0], ()))),
        )
        waiting = rows.outbox_of(self._con) + f" WHERE {rows.WAITING} ORDER BY position"
        done.outbox = self._table("outbox", waiting, rows.outgoing)
        self._files(waiting)
        done.drafts = self._table(
            "drafts",
            self._drafts() + " ORDER BY conversation_id",
            rows.draft,
        )
        done.conversations = self._table(
            "conversations", rows.conversations_of(self._con) + " ORDER BY c.id", rows.conversation
        )
        names = {row[0]: rows.account_name(row) for row in self._con.execute(rows.ACCOUNT_NAME)}
        (self._to / "transcripts").mkdir(mode=0o700)
        with self._create("messages.jsonl") as file:
            for row in self._con.execute(rows.conversations_of(self._con) + " ORDER BY c.id"):
                conversation = self._read(rows.conversation, row, count=False)
                if conversation is not None:
                    self._conversation(conversation, names.get(conversation.account_id, ""), file)
        with self._create("contents.json") as file:  # last: where it is missing, so may other things be
            file.write(msgspec.json.format(msgspec.json.encode(done)) + b"\n")
        return done

    def _files(self, waiting: str) -> None:
        """The copies of files that wait, under names that any system takes, behind the id of their item."""
        to = self._to / "files"
        for row in self._con.execute(waiting):
            item = self._read(rows.outgoing, row, count=False)
            if item is None or not staging.is_name(item.staged) or not item.extras.attachments:
                continue
            stem, dot, ending = item.extras.attachments[0].name.rpartition(".")
            name = safe_name(stem if dot else ending) or "file"
            end = f".{safe_name(ending)}" if dot and safe_name(ending) else ""
            to.mkdir(mode=0o700, exist_ok=True)
            try:
                content = (self._from / staging.FOLDER / item.staged).read_bytes()
            except FileNotFoundError:
                self._done.unreadable += 1
                continue
            with self._create(f"files/{item.id}-{name}{end}") as file:
                file.write(content)
            self._done.files += 1

    def _drafts(self) -> str:
        """Both texts of a draft; an older chatdesk, whose file is looked at as it is, knew only one."""
        if int(self._con.pragma("user_version")) < OTHER_TEXT_SINCE:
            return "SELECT conversation_id, version, text, saved_at_us, '' FROM drafts WHERE text <> ''"
        return rows.DRAFTS + " WHERE text <> '' OR other <> ''"

    def _steps(self) -> dict[int, list[StatusStep]]:
        found: dict[int, list[StatusStep]] = {}
        sql = "SELECT order_id, status, label, at_us FROM order_steps ORDER BY id"
        for order, *step in self._con.execute(sql):
            found.setdefault(order, []).append(rows.status_step(tuple(step)))
        return found

    def _conversation(self, conversation: Conversation, account: str, file: BinaryIO) -> None:
        name = f"{conversation.id:05d}-{safe_name(conversation.title)}".rstrip("-") + ".txt"
        sql = rows.MESSAGES + " WHERE conversation_id = ? ORDER BY cursor, id"
        with self._create(f"transcripts/{name}") as transcript:
            transcript.write(_heading(conversation, account).encode())
            for row in self._con.execute(sql, (conversation.id,)):
                message = self._read(rows.message, row)
                if message is not None:
                    file.write(msgspec.json.encode(message) + b"\n")
                    transcript.write(spoken(message, self._zone).encode())
                    self._done.messages += 1

    def _table(self, name: str, sql: str, read: Callable[[rows.Row], Any]) -> int:
        found = (self._read(read, row) for row in self._con.execute(sql))
        return self._lines(name, (one for one in found if one is not None))

    def _lines(self, name: str, things: Iterable[Any]) -> int:
        count = 0
        with self._create(f"{name}.jsonl") as file:
            for thing in things:
                file.write(msgspec.json.encode(thing) + b"\n")
                count += 1
        return count

    def _read(self, read: Callable[[rows.Row], Any], row: rows.Row, *, count: bool = True) -> Any:
        """A row as the domain knows it; None where it is spoilt."""
        try:
            return read(row)
        except (DamagedDatabase, LookupError, ValueError, TypeError, msgspec.MsgspecError):
            self._done.unreadable += count
            return None

    def _create(self, name: str) -> BinaryIO:
        path = self._to / name
        file = path.open("xb")
        path.chmod(0o600)
        return file


def safe_name(title: str) -> str:
    """A part of a file name on every system: letters, digits, spaces and hyphens, at most NAME_CHARS."""
    flat = _UNSAFE.sub("-", unicodedata.normalize("NFC", title))
    return flat[:NAME_CHARS].strip(" -_")


def _heading(conversation: Conversation, account: str) -> str:
    order = f" (order {_line(conversation.order_number)})" if conversation.order_number else ""
    return f"{_line(conversation.title)}{order}\n{_line(account)}\n\n"


def spoken(message: Message, zone: tzinfo | None) -> str:
    """A message as lines of a transcript: its further lines are indented, so that none can be forged."""
    text = "[deleted]" if message.deleted else message.text
    parts = [_CONTROL.sub(" ", one) for one in _BREAKS.split(text)]
    files = [f"[file: {_line(one.name or one.url)}]" for one in message.extras.attachments]
    state = _PENDING.get(message.state)
    head = f"{_time(message.sent_at_us, zone)}  {_line(message.sender_name) or '?'}"
    if state is not None:
        head += f" ({state})"
    lines = [part for part in (*parts, *files) if part] or [""]
    return f"{head}: " + "\n    ".join(lines) + "\n"


def _line(text: str) -> str:
    return _CONTROL.sub(" ", _BREAKS.sub(" ", text)).strip()


def _time(at_us: int, zone: tzinfo | None) -> str:
    try:
        moment = datetime.fromtimestamp(at_us / 1_000_000, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return "????-??-?? ??:??:??"
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")
