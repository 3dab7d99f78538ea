"""What passes between the scripted network and the scripted server: requests and replies."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One request of the client. `file`: what a multipart body carries, without its content."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    body: Any = None
    file: Mapping[str, Any] | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """The query as captures write it: a list where a name is repeated."""
        found: dict[str, Any] = {}
        for name, value in self.query:
            if name in found:
                before = found[name]
                found[name] = [*before, value] if isinstance(before, list) else [before, value]
            else:
                found[name] = value
        return found

    def number(self, name: str, otherwise: int) -> int:
        """A number of the query."""
        try:
            return int(str(self.asked.get(name, otherwise)))
        except ValueError:
            return otherwise

    @property
    def bearer(self) -> str:
        """The token of the Authorization header."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else ""


class Reply(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    body: Any = None
    is_json: bool = True
    headers: Mapping[str, str] = MappingProxyType({})

    def raw(self) -> bytes:
        """The body as bytes, for downloads."""
        if isinstance(self.body, dict) and isinstance(self.body.get("binary_base64"), str):
            return base64.b64decode(self.body["binary_base64"])
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def recorded(frame: Mapping[str, Any]) -> Reply:
    """The recorded answer of a frame."""
    body = frame["response_body"]
    headers = {str(k).lower(): str(v) for k, v in frame["response_headers"].items()}
    kind = headers.get("content-type", "")
    is_json = "json" in kind if kind else not isinstance(body, str) and body is not None
    return Reply(int(frame["status"]), body if body is not None else "", is_json, headers)


def page_not_found(method: str, path: str) -> Reply:
    """The page of the web framework for a route that does not exist."""
    page = f"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><pre>Cannot {method} {path}</pre>"
    return Reply(404, page, is_json=False, headers={"content-type": "text/html; charset=utf-8"})
