"""Every key that an adapter hands to the window has words: nothing of a platform's own names is shown raw."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import FieldKind
from chatdesk.domain.kinds import ClosedWhy, Feature, Platform, Why
from chatdesk.platforms import registry
from chatdesk.ui import account_words
from chatdesk.ui.chat.lifecycle import closed_reason
from chatdesk.ui.forms import AskedForm
from chatdesk.ui.orders.fields import field_title, knows_field, knows_role, role_title
from chatdesk.ui.vocabulary import asked_title, choice_title, knows_asked, knows_choice
from tests.ui.shell import adapter_words
from tests.ui.shell.conftest import MakeSeat

FEWEST_KEYS = 8
"""Less than this of any platform means that the search has gone blind."""


@pytest.mark.parametrize("platform", Platform)
def test_every_line_of_an_order_has_a_title(platform: Platform) -> None:
    """Each key of an order's lines that an adapter makes is a word of ours."""
    keys = adapter_words.order_field_keys(platform)
    assert len(keys) >= FEWEST_KEYS
    assert sorted(key for key in keys if not knows_field(key)) == []


@pytest.mark.parametrize("platform", Platform)
def test_every_role_has_a_word(platform: Platform) -> None:
    """Roles of participants, of sign-in forms and of accounts are told in words, however they are written."""
    roles = adapter_words.participant_roles(platform) | set(adapter_words.ROLES[platform])
    roles |= {word for _value, word in registry.plugin(platform).sign_in.roles}
    assert sorted(role for role in roles if not knows_role(role)) == []


@pytest.mark.parametrize("platform", Platform)
def test_every_field_that_is_asked_for_has_a_title(platform: Platform) -> None:
    """Fields and choices of settings, messages and actions are words of ours."""
    fields = adapter_words.asked_fields(platform)
    assert sorted({field.key for field in fields if not knows_asked(field.key)}) == []
    choices = {choice for field in fields for choice in field.choices}
    assert sorted(choice for choice in choices if not knows_choice(choice)) == []


@pytest.mark.parametrize("platform", Platform)
def test_what_is_absent_is_explained(platform: Platform) -> None:
    """Each feature that an account lacks has a reason; each reason and feature has words."""
    for capabilities in adapter_words.capabilities(platform):
        for feature, why in account_words.absent_features(capabilities):
            sentence = account_words.absent_sentence(feature, why)
            assert sentence.startswith(account_words.feature_name(feature))
            assert not re.search("_|None", sentence)


@pytest.mark.parametrize("platform", Platform)
def test_every_form_can_be_shown(platform: Platform, qtbot: QtBot, make_seat: MakeSeat) -> None:
    """A form of all that the platform may ask for has a named control per field and says what lacks."""
    seat = make_seat(filled=False)
    fields = {field.key: field for field in adapter_words.asked_fields(platform)}
    form = AskedForm(seat.context, tuple(fields.values()))
    qtbot.addWidget(form)
    for key, field in fields.items():
        assert form.control(key).accessibleName() == asked_title(key)
        if field.kind is FieldKind.CHOICE and field.required:
            assert form.values()[key] in field.choices
    missing = [f for f in fields.values() if f.required and not f.default and not f.choices]
    assert bool(form.problem()) is bool(missing)


def test_every_reason_to_drop_has_words() -> None:
    """What of a server's packets was not used is told by reason, one and many."""
    reasons = adapter_words.drop_reasons()
    assert {"foreign", "malformed"} <= reasons
    assert sorted(reason for reason in reasons if not account_words.knows_drop(reason)) == []
    for reason in reasons:
        one, many = (account_words.dropped_sentences({reason: count})[0] for count in (1, 2))
        assert one.startswith("1 ")
        assert many.startswith("2 ")
        assert one != many
    assert account_words.dropped_sentences({"new_reason": 2, "foreign": 0}) == (
        "2 packets were not used (new reason)",
    )


def test_closed_lists_have_words() -> None:
    """Each reason, feature and way to end has words of its own."""
    assert len({closed_reason(why) for why in ClosedWhy}) == len(ClosedWhy)
    assert closed_reason(None) == ""
    assert len({account_words.feature_name(feature) for feature in Feature}) == len(Feature)
    assert len({account_words.why_words(why) for why in Why}) == len(Why)


def test_a_key_without_words_stays_readable(british: None) -> None:
    """A key that is new to this version is shown without underscores, on one line."""
    assert QLocale().language() is QLocale.Language.English
    assert field_title("pallet_count") == "Pallet count"
    assert role_title("night\nguard") == "Night guard"
    assert asked_title("bay_number") == "Bay number"
    assert choice_title("cash_on_delivery") == "Cash on delivery"
