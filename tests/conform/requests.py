"""Recorded requests as bytes on the wire, and our answers in the form that captures have."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.conform.names import Names
from tests.conform.planting import Frame

LARGE_BYTES = 500_000
BOUNDARY = "conform-7f3b1a52"
AUTOMATIC = ("Content-Type", "User-Agent", "Accept", "Accept-Encoding")
_SIZE = re.compile(r"\[\d+ bytes\]")
_MAGIC = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/gif": b"GIF89a",
    "application/pdf": b"%PDF-1.4\n",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Ours, as a capture would hold it; status None = there was none."""

    status: int | None
    headers: dict[str, list[str]]
    """By name in lower case."""
    body: Any


def target(frame: Frame, raw: Frame, names: Names) -> str:
    """Path and query of a recorded request, with our names in them."""
    path, mark, inside = str(raw["path"]).partition("?")
    segments = path.split("/")
    path = "/".join(names.in_text(one, ("path", at)) for at, one in enumerate(segments))
    if mark:
        return f"{path}?{names.in_text(inside)}"
    query = {
        name: [
            names.in_text(str(one), ("query", name))
            for one in (value if isinstance(value, list) else [value])
        ]
        for name, value in frame["query"].items()
    }
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


async def exchanged(
    session: aiohttp.ClientSession, base: str, frame: Frame, raw: Frame, names: Names
) -> Answer:
    """Play one recorded request."""
    headers = {str(name): names.in_text(str(value)) for name, value in frame["headers"].items()}
    body = frame["request_body"]
    data: bytes | None = None
    if isinstance(body, dict) and set(body) == {"multipart"}:
        data = multipart(body["multipart"], names)
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        headers["content-type"] = f"multipart/form-data; boundary={BOUNDARY}"
    elif isinstance(body, str):
        data = names.in_text(body).encode()
    elif body is not None or _says_json(headers):
        # Without a body nobody says what it would be: it is the value null.
        data = json.dumps(
            names.translated(body, ("body",)), ensure_ascii=False, separators=(",", ":")
        ).encode()
    url = URL(base + target(frame, raw, names), encoded=True)
    try:
        async with session.request(
            frame["method"],
            url,
            # Large bytes are wanted as a file by the library.
            data=io.BytesIO(data) if data is not None and len(data) > LARGE_BYTES else data,
            headers=headers,
            skip_auto_headers=AUTOMATIC,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            found = {name.lower(): answer.headers.getall(name) for name in answer.headers}
            return Answer(answer.status, found, _body(content, raw.get("response_body")))
    except (aiohttp.ClientError, ConnectionError):
        return Answer(None, {}, None)


def _says_json(headers: dict[str, str]) -> bool:
    """Whether a request names its body as JSON."""
    return any(name.lower() == "content-type" and "json" in value for name, value in headers.items())


def _body(content: bytes, recorded: Any) -> Any:
    """In the form of the recorded one, where it has that form."""
    if isinstance(recorded, dict) and "binary_base64" in recorded:
        return {"bytes": len(content), "binary_base64": base64.b64encode(content).decode()}
    if recorded is None and not content:
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"bytes": len(content)}
    if isinstance(recorded, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def multipart(parts: list[dict[str, Any]], names: Names) -> bytes:
    """A form with files, as recorded."""
    found = b""
    for part in parts:
        about = f'form-data; name="{part["field"]}"'
        if part.get("filename") is not None:
            about += f'; filename="{part["filename"]}"'
        found += f"--{BOUNDARY}\r\nContent-Disposition: {about}\r\n".encode()
        if part.get("content_type"):
            found += f"Content-Type: {part['content_type']}\r\n".encode()
        found += b"\r\n" + content_of(part, names) + b"\r\n"
    return found + f"--{BOUNDARY}--\r\n".encode()


def content_of(part: dict[str, Any], names: Names) -> bytes:
    """A file's bytes, or as many of its kind where the capture only tells how many there were."""
    if "content_base64" in part:
        return base64.b64decode(part["content_base64"])
    if "content" in part and not _SIZE.fullmatch(str(part["content"])):
        return names.in_text(str(part["content"])).encode()
    if "value" in part:
        return names.in_text(str(part["value"])).encode()
    size = int(part.get("size") or 0)
    return (_MAGIC.get(str(part.get("content_type")), b"") + b"x" * size)[:size]
