"""What chatdesk remembers: SQLite behind one writer thread and readers of their own."""

from chatdesk.store.ledger import LedgerCheck
from chatdesk.store.store import Store

__all__ = ["LedgerCheck", "Store"]
