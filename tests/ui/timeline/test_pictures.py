"""What scrolling leaves on the screen is what painting anew would give, from 100 % to 200 %."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120
SCREENS = {"plain": 1.0, "quarter": 1.25, "between": 1.5, "most": 1.75, "double": 2.0}
MOVING = {1.0, 1.5, 2.0}
"""Where a step of one or two pixels is whole on the screen; elsewhere each step paints all anew."""
MOVED = 0.6
"""Of a step that is moved rather than painted anew, less than this part of the view is painted."""


def test_pictures_are_true_after_scrolling_on_screens_of_every_density(tmp_path: Path) -> None:
    """Sixty random steps on each screen, with what lies over the rows, and no pixel is another one.

    Moving the window from screen to screen keeps what is read at its pixel. And steps really are moved: most
    of what stays in view is not painted again.
    """
    places = [
        {"name": name, "x": 2_000 * at, "y": 0, "width": 2_000, "height": 1_600, "dpr": 1}
        | {"logicalDpi": 96, "logicalBaseDpi": 96}
        for at, name in enumerate(SCREENS)
    ]
    config = tmp_path / "screens.json"
    config.write_text(
        json.dumps({"synchronousWindowSystemEvents": False, "windowFrameMargins": False, "screens": places})
    )
    run = subprocess.run(
        [sys.executable, "-m", "tests.ui.timeline.scales"],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
            "QT_SCREEN_SCALE_FACTORS": ";".join(f"{name}={factor}" for name, factor in SCREENS.items()),
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.stderr == ""
    assert run.returncode == 0
    screens = json.loads(run.stdout)["screens"]
    assert [one["density"] for one in screens] == list(SCREENS.values())
    for one in screens:
        assert one["before"] == one["after"]
        assert not one["wrong_at_first"]
        assert one["wrong"] == []
        assert one["repainted"] < MOVED or one["density"] not in MOVING
