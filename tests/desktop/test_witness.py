"""The keyring vouches for the ledger; without one everything works, and says what can't be told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatdesk import program
from chatdesk.desktop import doctor
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.desktop.vault import KeyringVault
from chatdesk.desktop.witness import KeyringWitness, entry_name
from chatdesk.domain import outbox as machine
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.ports import Vouched, Witness
from chatdesk.store.inspection import verify
from chatdesk.store.recovery import open_store
from tests.conftest import Aio, AllowLog, Ui
from tests.desktop.wallet import LockedWallet
from tests.store.making import Desk, raw
from tests.store.test_witness import LIE, anchor_anew, rewrite

ROOT = Path(__file__).parents[2]


def work(folder: Path, witness: Witness | None, text: str = "words") -> None:
    store = open_store(folder, witness=witness)
    desk = Desk(store)
    desk.advance(desk.start(desk.press(text)), machine.Stored(RemoteId(f"m-{text}")))
    store.close()


def test_the_key_is_made_once_and_kept(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, profile_dir: Path
) -> None:
    """The next run has the same key, and knows what the one before has vouched for."""
    wallet.unlocked.set()

    async def main() -> None:
        first = KeyringWitness(vault, profile_dir)
        assert first.newest() is None
        await first.begin()
        assert first.newest() == Vouched(0, b"")
        mark = first.mark(3, b"seal")
        first.keep(3, b"seal")
        await first.settle()
        second = KeyringWitness(vault, profile_dir)
        await second.begin()
        assert second.newest() == Vouched(3, b"seal")
        assert second.confirms(3, b"seal", mark)
        assert not second.confirms(4, b"seal", mark)
        assert not second.confirms(3, b"other", mark)
        await second.begin(anew=True)
        assert second.newest() == Vouched(0, b"")
        other = KeyringWitness(vault, profile_dir / "other")
        await other.look()
        assert other.newest() is None
        assert "key" not in repr(second._entry)

    aio(main())
    assert [name for _service, name in wallet.entries] == [entry_name(profile_dir)]


def test_a_locked_wallet_costs_no_key_and_holds_up_nobody(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, profile_dir: Path, allow_log: AllowLog
) -> None:
    """A wallet that does not answer is no empty one: the key in it stays, and a send is written meanwhile."""
    allow_log("WARNING chatdesk.desktop.vault: the keyring did not answer")
    entry = f'{{"key":"{"QUFB" * 10}QUE=","number":7,"seal":"c2VhbA=="}}'
    wallet.entries["chatdesk", entry_name(profile_dir)] = entry

    async def main() -> None:
        witness = KeyringWitness(vault, profile_dir)
        await witness.begin()
        assert witness.newest() is None
        work(profile_dir, witness)
        await witness.settle()
        wallet.unlocked.set()

    aio(main())
    assert wallet.entries["chatdesk", entry_name(profile_dir)] == entry


def test_a_foreign_entry_is_replaced(
    aio: Aio, vault: KeyringVault, wallet: LockedWallet, profile_dir: Path, allow_log: AllowLog
) -> None:
    """What is not ours under our name is no key: a new one is made, and the log says so."""
    warned = allow_log("WARNING chatdesk.desktop.witness: the keyring's entry")
    wallet.unlocked.set()
    wallet.entries["chatdesk", entry_name(profile_dir)] = "{not json"

    async def main() -> None:
        witness = KeyringWitness(vault, profile_dir)
        await witness.begin()
        assert witness.newest() == Vouched(0, b"")

    aio(main())
    assert len(warned) == 1


def _verify(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chatdesk", "--data", str(folder), "ledger", "verify"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=60,
        check=False,
    )


@pytest.mark.session
def test_the_real_keyring_finds_a_ledger_that_was_rewritten_with_its_anchor(
    aio: Aio, profile_dir: Path
) -> None:
    """From the key's making to `chatdesk ledger verify` in another process, with a real keyring."""

    async def run(text: str) -> None:
        kept = KeyringVault()
        witness = KeyringWitness(kept, profile_dir)
        await witness.begin()
        work(profile_dir, witness, text)
        await witness.settle()
        kept.close()

    aio(run("first"))
    done = _verify(profile_dir)
    assert done.stdout == "The ledger is sound: 3 rows, and the keyring stands for all of them.\n"
    assert done.returncode == 0
    with raw(profile_dir) as con:
        forged = rewrite(con, LIE)
    anchor_anew(profile_dir, forged)
    assert verify(profile_dir).first_bad is None
    aio(run("second"))
    done = _verify(profile_dir)
    assert done.returncode == 1
    assert "row 3 is not the one that was anchored" in done.stdout
    lines = {one.name: one for one in doctor.examine(profile_dir)}
    assert not lines["ledger"].is_well


@pytest.mark.parametrize("is_unlocked", [True, False])
def test_the_program_has_its_ledger_vouched_for(
    ui: Ui,
    qapp: Any,
    vault: KeyringVault,
    wallet: LockedWallet,
    profile_dir: Path,
    allow_log: AllowLog,
    is_unlocked: bool,
) -> None:
    """From the window to its end, with a wallet that answers; one that never does holds up nothing."""
    allow_log("WARNING chatdesk.desktop.vault: the keyring did not answer")
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    if is_unlocked:
        wallet.unlocked.set()
    witness = KeyringWitness(vault, profile_dir)

    async def story() -> None:
        around = program.Surroundings(witness=witness)
        store = await program._open_store(qapp, profile_dir, around)
        assert store is not None
        running = program.Program(qapp, store, {}, MemoryVault(), around=around)
        running.show()
        if is_unlocked:
            await ui.until(lambda: witness.newest() is not None, what="the key")
        Desk(store).press("words")
        await running.close()

    ui.run(story(), timeout_s=30)
    found = verify(profile_dir, witness)
    assert found.first_bad is None
    assert found.vouched == (found.last if is_unlocked else None)
    assert found.last == 1
