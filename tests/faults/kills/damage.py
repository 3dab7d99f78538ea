"""What may happen to the database of a world between two of its lives."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

DATABASE = "chatdesk.db"
REBUILT = ("header", "pages", "rubbish", "marked")
"""After these the file is set aside, and a new one made of it."""
KINDS = (*REBUILT, "gone")


def spoil(client: Path, kind: str, seed: int) -> bool:
    """Do it; False where there is no database yet."""
    path, log = client / DATABASE, client / f"{DATABASE}-wal"
    if not path.exists():
        return False
    dice = random.Random(seed)
    match kind:
        case "header":
            with path.open("r+b") as file:
                file.write(b"\x00" * 100)
        case "pages":
            size = path.stat().st_size // 4096
            with path.open("r+b") as file:
                for _ in range(max(4, size // 3)):
                    file.seek(4096 * dice.randrange(1, max(2, size)))
                    file.write(dice.randbytes(4096))
            log.unlink(missing_ok=True)
            (client / f"{DATABASE}.damaged").touch()
        case "gone":
            for one in list(client.glob(f"{DATABASE}*")):
                one.unlink()
        case "rubbish":
            path.write_bytes(b"rubbish")
        case "marked":
            (client / f"{DATABASE}.damaged").touch()
        case _:
            raise ValueError(kind)
    return True


def copy_world(made: Path, folder: Path, *, fresh: bool) -> None:
    """A server and a client as the template has them; fresh: nobody has signed in here yet."""
    leave = shutil.ignore_patterns("*.lock", "lock")
    shutil.copytree(made / "server", folder / "server")
    if not fresh:
        shutil.copytree(made / "client", folder / "client", ignore=leave)
