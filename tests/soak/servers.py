"""`chatdesk serve` for every platform in a process of its own, with more conversations than the demo has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Self

from chatdesk.server import run
from chatdesk.server.registry import DIALECTS
from tests.server.process import ROOT, ServerProcess, quiet_port
from tests.soak.plan import SEEDED

START_S = 90
FREELY = 1_000_000
"""Messages and events a minute that one person may send."""


class Servers(ServerProcess):
    """All platforms over one database; each keeps its port over restarts."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, 0, platform=run.ALL)
        self.ports: dict[str, int] = {}
        while len(set(self.ports.values())) < len(DIALECTS):
            self.ports = {name: quiet_port() for name in DIALECTS}

    def plant(self, conversations: int) -> None:
        """Put people and conversations into the database before the first start, if the seed has too few."""
        if conversations <= SEEDED:
            return
        self.data_dir.mkdir(parents=True)
        paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        subprocess.run(
            [sys.executable, "-m", "tests.soak.plant", str(self.data_dir), str(conversations)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": paths},
            check=True,
            timeout=START_S,
        )

    def command(self) -> list[str]:
        command = [sys.executable, "-m", "chatdesk", "serve", "--platform", run.ALL]
        command += ["--data", str(self.data_dir), "--seed", "demo"]
        command += ["--rate", str(FREELY), "--events", str(FREELY)]
        for name, port in self.ports.items():
            command += ["--at", f"{name}={port}"]
        return command

    def start(self, timeout_s: float = START_S) -> Self:
        return super().start(timeout_s)

    def url_of(self, platform: str) -> str:
        return f"http://127.0.0.1:{self.ports[platform]}"
