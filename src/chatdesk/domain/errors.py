"""One tree of errors: the world's doing, which a person is told in words, and our own faults.

ChatdeskError
    WorldError            the world's doing; shown to the person
        SignInRefused
        StoreProblem
            ProfileInUse
            NewerDatabase
            DamagedDatabase
                ForeignDatabase
            DiskTrouble
        StaleDraft
        NotPossible
        NotDone
        NotKnown
        FileRefused
    BugError              ours; ends in the log and a report
        IllegalTransition
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdesk.domain.kinds import DiskIll, FileWhy, NoticeCode, ParkReason

if TYPE_CHECKING:
    from chatdesk.domain.entities import Draft


class ChatdeskError(Exception):
    """Root of every error that chatdesk raises itself."""


class WorldError(ChatdeskError):
    """The world's doing. The text is for the log; the window words its own sentence by type."""


class SignInRefused(WorldError):
    """A server did not sign us in. `server_words` is cleaned and at most 300 characters long."""

    def __init__(self, code: NoticeCode, server_words: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.server_words = server_words
        self.retry_after_s = retry_after_s


class StoreProblem(WorldError):
    """The database can't be used as it is."""


class ProfileInUse(StoreProblem):
    """Another process has this data folder open."""


class NewerDatabase(StoreProblem):
    """The file was written by a newer chatdesk; it is left untouched."""


class DamagedDatabase(StoreProblem):
    """The file is not a sound database."""


class ForeignDatabase(DamagedDatabase):
    """The file is a sound database of another program: it is not ours to set aside."""


class DiskTrouble(StoreProblem):
    """The disk is full, read-only or failing. Nothing was changed. `ill`: which, where that is known."""

    def __init__(self, text: str = "", ill: DiskIll | None = None) -> None:
        super().__init__(text)
        self.ill = ill


class StaleDraft(WorldError):
    """The draft that was to be saved or sent has been sent already or has changed meanwhile.

    `draft` is what the database holds.
    """

    def __init__(self, draft: Draft) -> None:
        super().__init__(f"draft {draft.version}")
        self.draft = draft


class NotPossible(WorldError):
    """What was asked can't be done in the present state (for example cancelling what has left)."""


class BelongsToAnother(NotPossible):
    """A confirmation names a message that is already the copy of another send of ours."""


class NotDone(WorldError):
    """The server did not do what was asked, definitely. `server_words`: cleaned, at most 300 characters.

    reason None: it could not be asked (offline, sign-in needed, or it wants us to wait `retry_after_s`).
    """

    def __init__(
        self, reason: ParkReason | None, server_words: str = "", retry_after_s: float | None = None
    ) -> None:
        super().__init__("not now" if reason is None else reason.value)
        self.reason = reason
        self.server_words = server_words
        self.retry_after_s = retry_after_s


class NotKnown(WorldError):
    """No answer came to what was asked: it may have been done. What changed is read again."""


class FileRefused(WorldError):
    """A file is not taken, and nothing was kept of it. `why`: for the sentence that the person reads."""

    def __init__(self, why: FileWhy) -> None:
        super().__init__(why.value)
        self.why = why


class BugError(ChatdeskError):
    """A fault of ours."""


class IllegalTransition(BugError):
    """The outbox state machine was asked for a step that it does not have."""
