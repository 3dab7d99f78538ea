"""Values of an order's fields are read by people: a platform's keys become words, texts stay as they are."""

from __future__ import annotations

import pytest

from chatdesk.ui.orders.fields import value_words


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("payment_method", "pay_after_service", "Pay after service"),
        ("trip_type", "SHARED", "Shared"),
        ("priority", "HIGH", "High"),
        ("package_types", "DOCUMENTS, SMALL_PARCEL", "Documents, Small parcel"),
        ("payment_status", "paid", "paid"),
        ("category", "Home cleaning", "Home cleaning"),
        ("category", "Möbel_A", "Möbel_A"),
        ("transport", "", ""),
        ("notes", "CALL_FIRST", "CALL_FIRST"),
        ("commodity", "STEEL", "STEEL"),
    ],
)
def test_keys_become_words_and_texts_stay(key: str, value: str, words: str) -> None:
    """Only in fields of a platform's keys, and only what looks like one."""
    assert value_words(key, value) == words
