"""The web panel: built from its source in `panel/`, given the profile's texts, served on loopback."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import profile
from tests.bench.texts import Texts

SOURCE = Path(__file__).parent / "panel"
MOST_ROWS = 100_000
"""At a million its list is higher than the 2**24 or so pixels that the browser can scroll over."""
FIRST_PAGE = 50
BUILD_S = 300.0


class NoPanel(Exception):
    """The panel could not be built here; the text says why."""


def build(rows: int) -> Path:
    """The folder of the built site with `rows` messages, made now or by an earlier run. Raises NoPanel."""
    folder = profile.OUT / f"panel-{rows}-{_key()}"
    if (folder / "site" / "data" / "history.json").exists():
        return folder / "site"
    for old in profile.OUT.glob("panel-*"):
        shutil.rmtree(old)
    making = profile.OUT / "panel-making"
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(SOURCE, making)
    _run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], making)
    _run(["npm", "run", "build"], making)
    (making / "dist").rename(making / "site")
    shutil.rmtree(making / "node_modules")
    _write_data(making / "site" / "data", rows)
    making.rename(folder)
    return folder / "site"


def _key() -> str:
    seal = hashlib.sha256()
    parts = (part for part in sorted(SOURCE.rglob("*")) if part.is_file())
    for part in (*parts, Path(__file__), Path(profile.__file__), Path(__file__).with_name("texts.py")):
        seal.update(part.read_bytes())
    return seal.hexdigest()[:12]


def _run(command: list[str], folder: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise NoPanel(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoPanel(f"`{' '.join(command)}` took longer than {BUILD_S:.0f} s") from None
    if done.returncode != 0:
        # npm's own words may name hosts and folders of this machine; its code does not.
        codes = [line.split()[-1] for line in done.stderr.splitlines() if line.startswith("npm error code")]
        raise NoPanel(f"`{' '.join(command)}` failed with {', '.join(codes) or done.returncode}")


def _write_data(folder: Path, rows: int) -> None:
    """The newest page with the list of conversations, and the history before it."""
    texts = Texts()
    folder.mkdir()
    shown = [_shown(n, texts[n]) for n in range(rows - min(rows, MOST_ROWS), rows)]
    conversations = [
        {"title": f"Northline Transport {n}", "last": texts[n * 7 + profile.OTHER_ROWS - 1]}
        for n in range(profile.OTHERS + 2)
    ]
    newest = {"conversations": conversations, "messages": shown[-FIRST_PAGE:]}
    for name, content in (("newest", newest), ("history", {"messages": shown[:-FIRST_PAGE]})):
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def _shown(number: int, text: str) -> dict[str, Any]:
    """Message `number` of the profile's big conversation, as the page wants it."""
    seen = profile.message(profile.BIG, number, text)
    return {
        "id": seen.remote_id,
        "own": seen.own,
        "name": seen.sender_name,
        "text": seen.text,
        "at": seen.sent_at_us // 1_000,
    }


class Site:
    """Address of the page while it is served, and whether somebody has asked for the history."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.painted = threading.Event()
        """Set when the page asks for its history: it does so after its first paint."""


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Serve the site on a free port of 127.0.0.1."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_port}/")
        server.site = site  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Files, with headers that let the page measure finely and the browser keep what does not change."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.endswith("/history.json"):
            self.server.site.painted.set()  # type: ignore[attr-defined]
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        kept = self.path.startswith("/assets/")
        self.send_header("Cache-Control", "max-age=31536000, immutable" if kept else "no-store")
        super().end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing: stdout is the report's."""
