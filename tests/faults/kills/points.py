"""The names of all moments at which a process may die between one durable step and the next."""

from __future__ import annotations

from typing import Final

Place = tuple[str, str]
"""A module of chatdesk.store and a function of it."""

DURABLE: Final = (
    "add_account",
    "remove_account",
    "set_account_settings",
    "link_customer",
    "unlink_customer",
    "keep_copy",
    "delete_copy",
    "delete_due",
    "save_draft",
    "press_send",
    "take_back",
    "intend_read",
    "intend_delete",
    "intend_report",
    "intend_status",
    "restart",
)
"""Methods of the store whose transaction is on disk when it is answered; `advance` has a kind per event."""
QUICK: Final = (
    "apply",
    "set_archived",
    "set_muted",
    "put_setting",
    "recovery_was_told",
    "put_learnt",
    "put_capabilities",
    "start_over",
)
"""Those that may be lost by a power cut, not by a kill."""
EVENTS: Final = (
    "Started",
    "Stored",
    "Refused",
    "Later",
    "Unknown",
    "Found",
    "Absent",
    "SafeToRepeat",
    "PersonCancels",
    "PersonEdits",
    "PersonSchedules",
    "PersonUrges",
    "Due",
    "PersonRetries",
    "PersonSendsAgain",
    "PersonDiscards",
    "Aged",
    "Superseded",
)
"""Steps of the outbox's state machine, each a transaction `advance <event>`."""
WITHIN: Final = {"Restarted": "restart"}
"""Steps that are taken inside other transactions only."""
RECORDING: Final = frozenset(
    {
        "apply",
        "add_account",
        "remove_account",
        "save_draft",
        "press_send",
        "take_back",
        "intend_read",
        "intend_delete",
        "intend_report",
        "intend_status",
        "advance Started",
        "advance Stored",
        "advance Found",
        "advance PersonCancels",
        "advance PersonEdits",
        "advance Due",
        "advance PersonDiscards",
        "advance Superseded",
    }
)
"""Transactions that write the journal before they commit; others share it only where they share a batch."""
EMPTY: Final = frozenset({"delete_copy", "delete_due"})
"""Transactions that change nothing in a world where no conversation is due to go: nothing is committed."""
BEGUN: Final = "begun"
"""The transaction is open, its work is not done."""
UNRECORDED: Final = "unrecorded"
"""All is done but the journal's record."""
TORN: Final = "torn"
"""Half of what the journal is to hold is written."""
RECORDED: Final = "recorded"
"""The journal is on disk, the transaction is not committed."""
COMMITTED: Final = "committed"
"""Both are on disk, nobody knows."""
TOLD: Final = "told"
"""Whoever asked has heard, and has taken its next step or not: see `hops` of a kill."""

OTHERS: Final = (
    # The journal on its own.
    *(f"anchor/{moment}" for moment in (UNRECORDED, TORN, RECORDED)),
    *(f"confirm/{moment}" for moment in (UNRECORDED, TORN, "done")),
    *(f"compact/{moment}" for moment in (UNRECORDED, TORN, RECORDED, "replaced", "done")),
    *(f"straighten/{moment}" for moment in (BEGUN, UNRECORDED, TORN, RECORDED, "done")),
    *(f"keep journal's copy/{moment}" for moment in (UNRECORDED, TORN, RECORDED)),
    # The database on its own.
    "checkpoint/begun",
    "checkpoint/done",
    "make durable/begun",
    "make durable/committed",
    "index/committed",
    # The end and the beginning.
    *(f"clean end/{moment}" for moment in (BEGUN, COMMITTED, "emptied", "closed")),
    "starts/counted",
    "starts/over",
    *(f"open/{moment}" for moment in (BEGUN, UNRECORDED, TORN, RECORDED, COMMITTED)),
    "migrate/begun",
    "migrate/committed",
    # A database that is made anew.
    "mark/begun",
    "mark/done",
    *(
        f"rebuild/{moment}"
        for moment in (BEGUN, "salvaged", COMMITTED, "synced", "renaming", "renamed", "done")
    ),
    # Bytes on their way.
    "attempt/leaving",
    "attempt/left",
    "server/writing",
    "server/stored",
    "server/pushed",
    "answer/arrived",
)


def moments(kind: str) -> tuple[str, ...]:
    """The moments of a transaction."""
    if kind in EMPTY:
        return (BEGUN, TOLD)
    recording = (UNRECORDED, TORN, RECORDED) if kind in RECORDING else ()
    return (BEGUN, *recording, COMMITTED, TOLD)


KINDS: Final = (*DURABLE, *QUICK, *(f"advance {event}" for event in EVENTS))
TRANSACTIONS: Final = tuple(f"{kind}/{moment}" for kind in KINDS for moment in moments(kind))
POINTS: Final = (*TRANSACTIONS, *OTHERS)

PLACES: Final[dict[Place, tuple[str, ...]]] = {
    ("writer", "_attempt"): tuple(f"{kind}/{COMMITTED}" for kind in KINDS if kind not in EMPTY),
    ("writer", "_record"): tuple(f"{kind}/{RECORDED}" for kind in KINDS if kind in RECORDING),
    ("writer", "_anchor"): ("anchor/torn", "anchor/recorded"),
    ("writer", "_keep_journal"): ("compact/unrecorded", "compact/done"),
    ("checkpoints", "_empty"): ("checkpoint/begun", "checkpoint/done"),
    ("writer", "_make_durable"): ("make durable/begun", "make durable/committed"),
    ("writer", "_end"): ("clean end/begun", "clean end/emptied", "clean end/closed"),
    ("writer", "_straighten_journal"): ("straighten/begun", "straighten/done"),
    ("search_index", "_in_transaction"): ("index/committed",),
    ("journal", "confirm"): ("confirm/torn", "confirm/done"),
    ("journal", "append"): ("anchor/torn", "open/torn", "press_send/torn"),
    ("journal", "reconcile"): ("straighten/begun", "straighten/done"),
    ("journal", "keep_copy"): ("keep journal's copy/torn", "keep journal's copy/recorded"),
    ("journal", "compact"): ("compact/torn", "compact/recorded", "compact/replaced"),
    ("migrate", "migrate"): ("migrate/begun", "migrate/committed"),
    ("opening", "bring_forward"): ("migrate/committed",),
    ("opening", "_begin_run"): ("open/recorded", "open/committed"),
    ("rebuild", "mark"): ("mark/begun", "mark/done"),
    ("rebuild", "finish"): ("rebuild/renaming", "rebuild/renamed", "rebuild/done"),
    ("rebuild", "_build"): ("rebuild/begun", "rebuild/committed", "rebuild/synced", "rebuild/renamed"),
    ("rebuild", "_remove"): ("rebuild/begun", "rebuild/done"),
    ("crashes", "over"): ("starts/over",),
}
"""Where the store changes a file for good, and the points that stand around it."""
READERS: Final = frozenset({("connection", "one_view"), ("search", "_page"), ("files", "sync_file")})
"""Ends of transactions that only read, and helpers."""

FILES: Final = frozenset({"press_file", "intend_file", "Uploaded"})
"""Transactions and steps of sends with a file, which no story here has; see tests/store/file_points.py."""
FILES_PLACES: Final = frozenset({("staging", "_stage"), ("staging", "drop")})
"""Where copies of files come and go; likewise."""
