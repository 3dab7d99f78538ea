"""Pictures of every state of the window, from a real store: `make shots` writes them to build/shots/."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCALES = (1, 2)
TIMEOUT_S = 300


def main() -> int:
    """Draw everything once per scale, each in a process of its own: Qt reads the scale only at its start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "shots")
    parser.add_argument("--only", default="", help="draw only pictures whose name contains this")
    parser.add_argument("--scale", type=int, choices=SCALES, help="draw at this scale only, in this process")
    chosen = parser.parse_args()
    if chosen.scale:
        return draw(chosen.out, chosen.scale, chosen.only)
    for scale in SCALES:
        environment = {
            **os.environ,
            "QT_SCALE_FACTOR": str(scale),
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
        command = [
            sys.executable,
            "-X",
            "faulthandler",
            __file__,
            "--out",
            str(chosen.out),
            "--scale",
            str(scale),
            "--only",
            chosen.only,
        ]
        done = subprocess.run(command, env=environment, timeout=TIMEOUT_S, check=False)
        if done.returncode:
            print(f"drawing at {scale * 100} % ended with {done.returncode}", file=sys.stderr)
            return 1
    print(f"pictures are in {chosen.out}")
    return 0


def draw(out: Path, scale: int, only: str) -> int:
    """Draw at the scale that Qt was started with; returns the exit status."""
    import qasync
    from PySide6.QtCore import QLocale, QMessageLogContext, QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from chatdesk.ui.garbage import GuiCollector
    from tests.shots import (  # noqa: F401 - they register pictures
        asking_pictures,
        deciding_pictures,
        disk_pictures,
        file_pictures,
        five_pictures,
        later_pictures,
        search_pictures,
        text_pictures,
    )
    from tests.shots.camera import Camera
    from tests.shots.pictures import PICTURES

    complaints: list[str] = []

    def hear(_kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        # The offscreen platform has no window manager to ask; everything else is a fault.
        if not text.startswith("This plugin does not support"):
            complaints.append(text)

    qInstallMessageHandler(hear)
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    app = QApplication([sys.argv[0]])
    app.setQuitOnLastWindowClosed(False)
    collector = GuiCollector()
    out.mkdir(parents=True, exist_ok=True)

    async def run() -> int:
        camera = Camera(app, out, scale)
        for name, picture in PICTURES.items():
            if only not in name or (scale != 1 and not picture.at_every_scale):
                continue
            for theme in ("light", "dark"):
                with tempfile.TemporaryDirectory() as folder:
                    await picture.take(camera, f"{name}-{theme}", theme, Path(folder))
        camera.contact_sheet()
        collector.stop()
        print(f"{len(camera.taken)} pictures at {scale * 100} %")
        for complaint in complaints:
            print(f"Qt complained: {complaint}", file=sys.stderr)
        return 0 if camera.taken and not complaints else 1

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        return runner.run(run())


if __name__ == "__main__":
    sys.exit(main())
