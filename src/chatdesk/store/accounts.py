"""Accounts and what is kept with them: capabilities, learnt facts, counts of dropped events; settings too."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.facts import Learnt
from chatdesk.domain.ids import AccountId, ConversationId, OrderId
from chatdesk.domain.text import well_formed
from chatdesk.store import closing, customers, outbox, rows, search_index
from chatdesk.store.journal import Ended, Forgotten, Known
from chatdesk.store.transaction import Tx


def add(tx: Tx, new: NewAccount) -> Account:
    """Add an account, or update the one of the same platform, server, user and seat.

    Settings that a new sign-in does not name stay as they are.
    """
    known = tx.one(
        rows.ACCOUNTS + " WHERE platform = ? AND server_url = ? AND user_id = ? AND seat = ?",
        new.platform.value,
        new.server_url,
        new.user_id,
        new.seat,
    )
    settings = new.settings if known is None else {**rows.account(known).settings, **new.settings}
    values = (
        new.login,
        new.role,
        new.name,
        new.plain_http_consent,
        _encode(new.capabilities),
        _encode_settings(settings),
    )
    if known is None:
        tx.run_sql(
            "INSERT INTO accounts (login, role, name, plain_http_consent, capabilities, settings, platform,"
            " server_url, user_id, seat, added_at_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *values,
            new.platform.value,
            new.server_url,
            new.user_id,
            new.seat,
            tx.now_us,
        )
        account = AccountId(tx.con.last_insert_rowid())
    else:
        account = AccountId(known[0])
        if (known[3], known[5], known[6], bool(known[7]), known[9], known[11]) == values:
            return rows.account(known)
        tx.run_sql(
            "UPDATE accounts SET login = ?, role = ?, name = ?, plain_http_consent = ?, capabilities = ?,"
            " settings = ? WHERE id = ?",
            *values,
            account,
        )
        closing.plan_anew(tx, account)
    tx.touched.accounts.add(account)
    return _recorded(tx, account)


def facts(account: Account) -> NewAccount:
    """What the journal keeps of an account: enough to sign in again, and no capabilities."""
    return NewAccount(
        platform=account.platform,
        server_url=account.server_url,
        login=account.login,
        user_id=account.user_id,
        role=account.role,
        name=account.name,
        plain_http_consent=account.plain_http_consent,
        capabilities=Capabilities(),
        seat=account.seat,
        settings=account.settings,
    )


def _recorded(tx: Tx, account: AccountId) -> Account:
    found = load(tx, account)
    tx.records.append(Known(tx.account_name(account), facts(found)))
    return found


def load(tx: Tx, account: AccountId) -> Account:
    """An account. Raises NotPossible where there is none."""
    row = tx.one(rows.ACCOUNTS + " WHERE id = ?", account)
    if row is None:
        raise NotPossible("no such account")
    return rows.account(row)


def remove(tx: Tx, account: AccountId) -> None:
    """Delete an account and everything of it but its ledger."""
    load(tx, account)
    touched = tx.touched
    touched.accounts_gone.add(account)
    for item in outbox.waiting(tx, account):
        touched.outbox_gone.add(item.id)
        tx.records.append(Ended(item.id, "removed"))
    touched.orders_gone.update(
        OrderId(row[0]) for row in tx.all("SELECT id FROM orders WHERE account_id = ?", account)
    )
    touched.conversations_gone.update(
        ConversationId(row[0]) for row in tx.all("SELECT id FROM conversations WHERE account_id = ?", account)
    )
    tx.records.append(Forgotten(tx.account_name(account)))
    groups = customers.groups_of(tx, account)
    search_index.forget(tx, account, sorted(touched.conversations_gone))
    tx.run_sql("DELETE FROM accounts WHERE id = ?", account)  # the rest follows by its foreign keys
    for group in groups:
        customers.dissolve(tx, group)
    tx.memory.forget()


def set_settings(tx: Tx, account: AccountId, settings: Mapping[str, str]) -> Account:
    """Replace the settings of an account. Raises NotPossible where there is none."""
    known = load(tx, account)
    if known.settings == settings:
        return known
    tx.run_sql("UPDATE accounts SET settings = ? WHERE id = ?", _encode_settings(settings), account)
    tx.touched.accounts.add(account)
    closing.plan_anew(tx, account)
    return _recorded(tx, account)


def put_capabilities(tx: Tx, account: AccountId, capabilities: Capabilities) -> None:
    """Keep what works."""
    if load(tx, account).capabilities == capabilities:
        return
    tx.run_sql("UPDATE accounts SET capabilities = ? WHERE id = ?", _encode(capabilities), account)
    tx.touched.accounts.add(account)


def put_learnt(tx: Tx, account: AccountId, learnt: Mapping[str, Learnt]) -> None:
    """Keep learnt facts, and forget those that have expired."""
    load(tx, account)
    tx.run_sql("DELETE FROM learnt WHERE account_id = ? AND expires_at_us <= ?", account, tx.now_us)
    for key, fact in learnt.items():
        tx.run_sql(
            "INSERT OR REPLACE INTO learnt VALUES (?, ?, ?, ?)", account, key, fact.value, fact.expires_at_us
        )


def put_setting(tx: Tx, key: str, value: str) -> None:
    """Remember a setting of the window."""
    tx.run_sql("INSERT OR REPLACE INTO settings VALUES (?, ?)", key, value)


def set_flag(tx: Tx, conversation: ConversationId, flag: str, value: bool) -> None:
    """Archive or mute a conversation."""
    sql = {
        "archived": "UPDATE conversations SET archived = ?1 WHERE id = ?2 AND archived <> ?1 RETURNING id",
        "muted": "UPDATE conversations SET muted = ?1 WHERE id = ?2 AND muted <> ?1 RETURNING id",
    }[flag]
    if tx.one(sql, value, conversation) is not None:
        tx.touched.conversations.add(conversation)


def _encode(capabilities: Capabilities) -> str:
    return msgspec.json.encode(capabilities).decode()


def _encode_settings(settings: Mapping[str, str]) -> str:
    """Sorted, so that equal settings are equal text."""
    clean = {well_formed(key): well_formed(value) for key, value in sorted(settings.items())}
    return msgspec.json.encode(clean).decode()
