"""A link, everything that it tells, and the servers that it is tried against."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.arrivals import Arrived, Moved, Packet
from chatdesk.domain.ports import Limits
from chatdesk.domain.steps import Call, Connect, Step
from chatdesk.platforms.link import Link
from tests.conftest import Aio
from tests.platforms.wire_server import Peer, SioServer, TcpServer, asgi

TOKEN = (("Authorization", "Bearer secret-token"),)


class Ear:
    """A link and everything that it told."""

    def __init__(self, url: str, **options: Any) -> None:
        self.link = Link(url, Limits(connect_timeout_ms=1_000), **options)
        self.heard: list[Arrived] = []
        self.moved: list[int] = []
        """How much of files has left, as it was told."""
        self.link.listener = self.hear

    def hear(self, arrived: Arrived | Moved) -> None:
        if isinstance(arrived, Moved):
            self.moved.append(arrived.sent_bytes)
        else:
            self.heard.append(arrived)

    async def do(self, step: Step, step_id: int = 1) -> Arrived:
        """Perform a step; what it came to."""
        before = len(self.heard)
        await self.link.perform(step_id, step)
        return self.heard[before:][-1]

    def ended_by(self, *ends: Arrived) -> bool:
        """Whether the last thing that was told is one of these."""
        return self.heard[-1] in ends

    def packets(self) -> list[Packet]:
        return [arrived for arrived in self.heard if isinstance(arrived, Packet)]


def play(
    aio: Aio,
    handler: Callable[[Peer], Awaitable[None]],
    story: Callable[[TcpServer, Ear], Awaitable[None]],
    **more: Any,
) -> None:
    """One TCP server, one link, one story."""

    async def run() -> None:
        async with TcpServer(handler, **more) as server:
            ear = Ear(f"http://127.0.0.1:{server.port}")
            try:
                await story(server, ear)
            finally:
                await ear.link.close()

    aio(run())


def always(body: bytes, status: str = "200 OK", content_type: str = "application/json", *more: str) -> Any:
    async def handler(peer: Peer) -> None:
        while await peer.request():
            await peer.answer(body, status, content_type, *more)

    return handler


GET = Call(method="GET", path="/api/thing", headers=TOKEN, timeout_ms=5_000)
POST = Call(method="POST", path="/api/thing", body={"a": 1}, headers=TOKEN, commits=True, timeout_ms=5_000)


def with_sio(aio: Aio, story: Callable[[SioServer, Ear], Awaitable[None]], **options: Any) -> None:
    """One Socket.IO server, one link, one story."""

    async def run() -> None:
        server = SioServer(**options)
        async with asgi(server.app) as port:
            ear = Ear(f"http://127.0.0.1:{port}")
            try:
                await story(server, ear)
            finally:
                await ear.link.close()

    aio(run())


CONNECT = Connect(auth={"token": "secret-token"}, timeout_ms=5_000)
BOTH = pytest.mark.parametrize("transport", ["websocket", "polling"])


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A self-signed certificate for 127.0.0.1, made for this run."""
    import datetime as dt
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatdesk test")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    return context, cert_file
