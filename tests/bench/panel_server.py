"""Child of bench_panel: the server of live_server, at which the panel's page may connect besides.

The page has another address than the server; PAGE in the environment names it.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import threading

from chatdesk.server import run
from chatdesk.server.dialects.dispatcher import app
from tests.bench import live_server

if __name__ == "__main__":
    app.SETTINGS = dataclasses.replace(app.SETTINGS, origins=(os.environ["PAGE"],))
    listening = live_server.Notes()
    listening.install()
    threading.Thread(target=live_server._listen, args=(listening,), daemon=True).start()
    sys.exit(run.main())
