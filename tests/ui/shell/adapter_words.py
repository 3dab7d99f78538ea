"""Every stable English key that the adapters hand to the window, found in their sources and their offers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Platform
from chatdesk.platforms import registry

PLATFORMS = Path(registry.__file__).parent
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_TABLES = {"_LINES", "_PLAIN"}
_BUILDERS = re.compile(r"line|price|seat|booking|trip|record|people|package")
ROLES = {
    Platform.DISPATCHER: ("user", "moderator", "admin"),
    Platform.FAKOMAME: ("SENDER", "TRAVELER", "RECEIVER", "COURIER", "ADMIN"),
    Platform.STEPPERGO: ("PASSENGER", "DRIVER", "ADMIN", "ACTIVITY_OWNER"),
    Platform.OMW: ("worker", "customer", "admin", "super admin"),
    Platform.MARKETPLACE: ("seller", "buyer", "employee", "admin"),
}
"""The roles that the platforms' documents name."""


def order_field_keys(platform: Platform) -> set[str]:
    """Keys of the lines of an order: in calls of OrderField, and in the tables that feed them."""
    found: set[str] = set()
    for tree in _trees(platform):
        for node in ast.walk(tree):
            found |= _direct(node, "OrderField")
        if any(isinstance(node, ast.Name) and node.id == "OrderField" for node in ast.walk(tree)):
            found |= set(_tabled(tree))
    return found


def participant_roles(platform: Platform) -> set[str]:
    """Words for what somebody is on an order, where they stand as literals."""
    found: set[object] = set()
    for tree in _trees(platform):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Participant"
            ):
                found |= {
                    value.value
                    for word in node.keywords
                    if word.arg == "role" and isinstance(value := word.value, ast.Constant)
                }
    return {str(role) for role in found}


def drop_reasons() -> set[str]:
    """Why adapters drop packets: every literal that a Dropped is made with."""
    found: set[object] = set()
    for file in sorted(PLATFORMS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Dropped":
                values = (part for word in node.keywords for part in _results(word.value))
                found |= {part.value for part in values if isinstance(part, ast.Constant)}
    return {str(reason) for reason in found}


def _results(value: ast.expr) -> Iterator[ast.expr]:
    """The expressions that a value may turn out to be."""
    if isinstance(value, ast.IfExp):
        yield from _results(value.body)
        yield from _results(value.orelse)
    else:
        yield value


def capabilities(platform: Platform) -> Iterator[Capabilities]:
    """What an account of each role may do at a server that nothing is known of."""
    adapter = registry.plugin(platform).adapter
    for role in ROLES[platform]:
        facts = AccountFacts(
            server_url="https://x.example", login="a@x.example", user_id=RemoteId("1"), role=role, name="A"
        )
        yield adapter.capabilities(adapter.facts(facts, {}))


def asked_fields(platform: Platform) -> list[FieldAsked]:
    """Every field that a form of the platform may ask for."""
    fields = list(registry.plugin(platform).settings)
    for one in capabilities(platform):
        fields += one.message_fields
        for offer in one.offers:
            fields += offer.fields
    return fields


def _trees(platform: Platform) -> Iterator[ast.Module]:
    for file in sorted((PLATFORMS / platform.value).glob("*.py")):
        yield ast.parse(file.read_text("utf-8"))


def _direct(node: ast.AST, name: str) -> set[str]:
    """The first argument of calls of a class, where it is a literal."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name):
        return set()
    first = node.args[0] if node.args else None
    return {first.value} if isinstance(first, ast.Constant) and isinstance(first.value, str) else set()


def _tabled(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        inside: ast.AST | None = None
        if isinstance(node, ast.FunctionDef) and _BUILDERS.search(node.name):
            inside = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in _TABLES for target in targets):
                inside = node
        for part in ast.walk(inside) if inside is not None else ():
            if isinstance(part, ast.Tuple) and len(part.elts) == 2:
                first = part.elts[0]
                if (
                    isinstance(first, ast.Constant)
                    and isinstance(first.value, str)
                    and _KEY.fullmatch(first.value)
                ):
                    yield first.value
