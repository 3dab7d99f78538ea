"""The platforms' notifications of every account, kept up with the store; and how many are unread."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.changes import AccountsGone, NotificationsPut
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Account, Notification
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.kinds import Feature
from chatdesk.ui.asking.asker import Stage, Work
from chatdesk.ui.context import UiContext
from chatdesk.ui.lists.once_looping import OnceLooping
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.tasks import Tasks

MOST_KEPT = 400


def has_notices(account: Account) -> bool:
    """Whether an account's platform notifies."""
    return account.capabilities.has(Feature.NOTIFICATIONS)


class NoticeBook(QObject):
    """Notifications by account, newest first. `changed(account id)`."""

    changed = Signal(int)

    def __init__(self, context: UiContext, facts: AccountFacts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._facts = facts
        self._tasks = Tasks(self, context.troubles)
        self._rows: dict[AccountId, dict[RemoteId, Notification]] = {}
        self._read_at: dict[AccountId, int] = {}
        self._early: dict[AccountId, list[tuple[int, Notification]]] = {}
        self._deleted: set[tuple[AccountId, RemoteId]] = set()
        context.feed.notifications_put.connect(self._on_put)
        context.feed.accounts_gone.connect(self._on_gone)
        facts.changed.connect(self._read_new)
        OnceLooping(self, self._read_new)

    def rows(self, account: AccountId) -> tuple[Notification, ...]:
        """Newest first."""
        found = self._rows.get(account, {}).values()
        return tuple(sorted(found, key=lambda one: (one.at_us, one.remote_id), reverse=True))

    def is_read(self, account: AccountId) -> bool:
        """Whether the store has been asked."""
        return account in self._read_at

    def unread(self, account: AccountId | None = None) -> int:
        """How many are unread; None: of all accounts whose platform notifies."""
        wanted = [a.id for a in self._facts.accounts() if has_notices(a)] if account is None else [account]
        return sum(one.unread for each in wanted for one in self._rows.get(each, {}).values())

    def heed(self, work: Work) -> None:
        """An action has ended: what it has deleted goes here too."""
        notice = work.about.notice
        deleted = work.offer.action is ActionKind.NOTICE_DELETE and work.stage is Stage.DONE
        if notice is not None and deleted:
            self.forget(work.about.account.id, notice.remote_id)

    def forget(self, account: AccountId, notice: RemoteId) -> None:
        """It was deleted at the server: it goes here at once, whenever the store is told."""
        self._deleted.add((account, notice))
        if self._rows.get(account, {}).pop(notice, None) is not None:
            self.changed.emit(int(account))

    def _read_new(self) -> None:
        for account in self._facts.accounts():
            name = f"notifications {account.id}"
            if not has_notices(account) or self.is_read(account.id) or self._tasks.is_running(name):
                continue
            self._early.setdefault(account.id, [])
            self._tasks.start(
                name,
                self._context.desk.notifications(account.id),
                on_done=partial(self._take, account.id),
            )

    def _take(self, account: AccountId, snapshot: Snapshot[Notification]) -> None:
        self._read_at[account] = snapshot.commit
        self._rows[account] = {}
        late = [one for number, one in self._early.pop(account, []) if number > snapshot.commit]
        self._keep(account, (*snapshot.rows, *late))
        self.changed.emit(int(account))

    def _on_put(self, change: NotificationsPut, number: int) -> None:
        touched: dict[AccountId, list[Notification]] = {}
        for one in change.notifications:
            if one.account_id in self._early:
                self._early[one.account_id].append((number, one))
            elif number > self._read_at.get(one.account_id, number):
                touched.setdefault(one.account_id, []).append(one)
        for account, rows in touched.items():
            self._keep(account, rows)
            self.changed.emit(int(account))

    def _keep(self, account: AccountId, rows: Iterable[Notification]) -> None:
        kept = self._rows[account]
        for one in rows:
            if one.gone or (account, one.remote_id) in self._deleted:
                kept.pop(one.remote_id, None)
            else:
                kept[one.remote_id] = one
        if len(kept) > MOST_KEPT:
            oldest = sorted(kept.values(), key=lambda one: one.at_us)[: len(kept) - MOST_KEPT]
            for one in oldest:
                del kept[one.remote_id]

    def _on_gone(self, change: AccountsGone, _number: int) -> None:
        for account in change.ids:
            self._rows.pop(account, None)
            self._read_at.pop(account, None)
            self._early.pop(account, None)
            self.changed.emit(int(account))
