"""What is written is found, by whatever of it is typed, in whatever script."""

from __future__ import annotations

import unicodedata

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.store.search_terms import _AS_IT_IS, LONGEST, _pattern, fold, prepared, query, terms
from chatdesk.store.snippets import MOST_CHARS, snippet

SCRIPTS = (
    "abcXYZ019",
    "äéñøßŁđÆı\u0130fi\ufb01",
    "αβΣσς",
    "жЩёй",
    "שלום",
    "سلام",
    "कखिक्",
    "货车司机",
    "かがカガｶﾞー",
    "한국어",
    "สวัสดี",
    "🚚👍\U0001f3fd❤️",
)
SEPARATORS = " \n\t.,;-_/\u00a0\u200b\u2028\x00"
VOICING = "ﾞﾟ"
letters = st.sampled_from([char for script in SCRIPTS for char in script])
texts = st.one_of(
    st.text(letters | st.sampled_from(SEPARATORS) | st.sampled_from("\u0301\u0323\u200d\u00ad\u202e")),
    st.lists(st.text(letters, min_size=1, max_size=8), max_size=8).map(" ".join),
    st.text(max_size=60),
)


@pytest.fixture(scope="module")
def index() -> apsw.Connection:
    """The real index, as the migration makes it."""
    con = apsw.Connection(":memory:")
    con.execute(
        "CREATE VIRTUAL TABLE search USING fts5 (words, content = '', columnsize = 0, detail = none,"
        " prefix = '2 3 4', tokenize = 'ascii')"
    )
    return con


def finds(con: apsw.Connection, typed: str, text: str) -> bool:
    """Whether the index has a text for what was typed; and the text itself agrees."""
    asked = query(typed)
    con.execute("BEGIN")
    try:
        con.execute("INSERT INTO search (rowid, words) VALUES (1, ?)", (terms(text),))
        found, rough = (
            bool(match) and con.execute("SELECT 1 FROM search (?)", (match,)).get is not None
            for match in (asked.match, asked.rough)
        )
    finally:
        con.execute("ROLLBACK")
    if asked.where(text) is not None:
        assert found, f"the index lacks {asked.match!r} of {terms(text)!r}"
    assert rough or not found, f"{asked.rough!r} leaves out what {asked.match!r} finds"
    return found and asked.where(text) is not None


def words(text: str) -> list[str]:
    """The words and runs of a text."""
    return list(query(text).words)


@settings(max_examples=300)
@given(text=texts, data=st.data())
def test_every_word_that_was_written_is_found(index: apsw.Connection, text: str, data: st.DataObject) -> None:
    """By itself, by all of them together, and by any beginning of two characters or more."""
    there = words(text)
    if not there:
        return
    assert finds(index, " ".join(there), text)
    word = data.draw(st.sampled_from(there))
    assert finds(index, word, text)
    if len(word) > 1:
        assert finds(index, word[: data.draw(st.integers(2, len(word)))], text)


@settings(max_examples=200)
@given(
    before=texts,
    run=st.text(st.sampled_from("货车司机到かがカ한국어🚚👍"), min_size=2),
    after=texts,
    data=st.data(),
)
def test_any_two_neighbours_of_a_script_without_spaces_are_found(
    index: apsw.Connection, before: str, run: str, after: str, data: st.DataObject
) -> None:
    """Any stretch of it, from two characters on, in whatever it stands."""
    first = data.draw(st.integers(0, len(run) - 2))
    last = data.draw(st.integers(first + 2, len(run)))
    assert finds(index, run[first:last], before + run + after.lstrip(VOICING))
    assert finds(index, run[first], before + run + after.lstrip(VOICING))


@given(text=texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is folded is at rest: a query that was copied from a folded text is the same query."""
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("STRASSE", "Lange Straße 3"),
        ("straß", "Strasse"),
        ("ΟΔΟΣ", "οδος"),
        ("σ", "Σ ς"),
        ("isparta", "ISPARTA \u0131sparta"),
        ("\u0131sparta", "Isparta"),
        ("istanbul", "\u0130stanbul"),
        ("cafe", "cafe\u0301"),
        ("Łódź", "lodz"),
        ("Aeroskobing", "Ærøskøbing"),
        ("ガ", "ｶﾞｿﾘﾝ"),
        ("ａｂｃ", "ABC"),
        ("fin", "ﬁn"),
        ("שלום", "שָׁלוֹם"),
        ("محمد", "مُحَمَّد"),
        ("สวสด", "สวสดี"),
        ("miخواهم", "mi\u200cخواهم"),
        ("hyphen", "hy\u00adphen"),
        ("👩", "👩‍👩‍👧"),
        ("👍", "👍\U0001f3fd"),
        ("a1000", "a" * 3 + " a1000"),
        ("x" * 500, "x" * 500),
        ("क्या", "क्या हाल"),
    ],
)
def test_the_rules(index: apsw.Connection, typed: str, text: str) -> None:
    """Case, marks, width, strokes and what cannot be seen do not matter."""
    assert finds(index, typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("が", "から"),
        ("a", "abc"),
        ("at gate", "gate attic"),
        ("bc", "abc"),
        ("司机到", "司机不到"),
        ("机司", "司机"),
        ("nothing", ""),
        ("...", "... !"),
        ("", "text"),
    ],
)
def test_what_is_not_there(index: apsw.Connection, typed: str, text: str) -> None:
    """A word is not found inside another, only the last may be a beginning, and runs keep their order."""
    assert not finds(index, typed, text)


@settings(max_examples=300)
@given(typed=st.one_of(st.text(max_size=80), st.text('"*^:()+-{}ANDORNOTEAR \x00\ud800§ac1', max_size=80)))
def test_any_query_is_only_words(index: apsw.Connection, typed: str) -> None:
    """Operators, quotes, NUL and lone surrogates are words or nothing; what was typed finds itself."""
    is_one = bool(words(typed))
    assert finds(index, typed, typed.replace("\ud800", "\ufffd")) == is_one


def test_a_very_long_query_is_bounded(index: apsw.Connection) -> None:
    """Ten thousand characters ask the index for a few terms; the text must still have all the words."""
    text = " ".join(f"word{n}" for n in range(1_400))
    assert query(text).match.count("AND") < 30
    assert finds(index, text[:10_000], text)
    assert query("\u0301" * 10_000 + '"' * 10_000).match == ""
    assert len(query("货" * 10_000).match) < 400


def test_a_text_cannot_pretend_to_be_of_another_place() -> None:
    """The terms that say where a message belongs are no text's terms."""
    assert terms("§a1 §c1") == " a1  c1"


@settings(max_examples=200)
@given(text=texts, data=st.data())
def test_marks_are_where_the_words_are(text: str, data: st.DataObject) -> None:
    """Every mark of a snippet folds to what was typed, and lies inside of it, in UTF-16 code units."""
    there = [word for word in words(text) if len(word) <= LONGEST]
    if not there:
        return
    word = data.draw(st.sampled_from(there))
    asked = query(word)
    places = asked.where(text)
    assert places is not None
    assert places.shown == prepared(text)
    line, marks = snippet(places.shown, places.spans)
    assert len(line) <= MOST_CHARS + 2
    assert "\n" not in line
    units = line.encode("utf-16-le")
    assert marks
    for begin, length in marks:
        stretch = units[begin * 2 : (begin + length) * 2].decode("utf-16-le")
        assert length > 0
        # A mark of direction inside of a word is nothing to the index, and shown as a space.
        assert any(one in fold(stretch).replace(" ", "") for one in asked.words)


def test_a_snippet_is_cut_between_words_and_never_inside_a_picture() -> None:
    """Both ends say that there is more; a family of joined figures stays together."""
    text = "far " * 100 + "the gate is here " + "👩‍👩‍👧" * 100
    places = query("gate").where(text)
    assert places is not None
    line, marks = snippet(places.shown, places.spans)
    assert line.startswith("…far ")
    assert line.endswith("👩‍👩‍👧…")
    ((begin, length),) = marks
    assert line[begin : begin + length] == "gate"
    heap = "a" + "\u0301" * 5_000 + " gate"
    places = query("gate").where(heap)
    assert places is not None
    assert "gate" in snippet(places.shown, places.spans)[0]


def test_a_voicing_mark_by_itself_says_nothing(index: apsw.Connection) -> None:
    """What is drawn between a kana and its mark, a tone of skin for example, parts the two for good."""
    assert words("か\U0001f3fdﾞ") == ["か"]
    assert finds(index, "か", "か\U0001f3fdﾞ")
    assert words("ｶﾞ") == words("ガ") == ["ガ"]


@settings(max_examples=200)
@given(text=texts, data=st.data())
def test_places_lead_back_into_the_text_as_it_was_written(text: str, data: st.DataObject) -> None:
    """Composed or not, half width or full: what is marked in a text folds to what was looked for."""
    there = words(text)
    if not there:
        return
    word = data.draw(st.sampled_from(there))
    spans = query(word).spans_in(text)
    assert spans
    last = 0
    for begin, end in spans:
        assert last <= begin < end <= len(text)
        last = end
        assert fold(word).strip() in fold(text[begin:end])


def test_words_in_quotation_marks_stand_side_by_side(index: apsw.Connection) -> None:
    """In any kind of marks; the last word may be begun until they are closed. Inches open nothing."""
    text = "The permit for Ohio; no permit yet. Ohio-permits follow"
    assert finds(index, '"permit for ohio"', text)
    assert finds(index, "“Permit  for” ohio", text)
    assert finds(index, 'yet "ohio perm', text)
    assert not finds(index, '"ohio perm"', text)
    assert not finds(index, '"permit ohio"', text)
    assert not finds(index, '"ohio for"', text)
    assert finds(index, 'ohio "permit"', text)
    assert finds(index, '8" pipe 6" beam', 'beam of 6", pipe of 8"')
    places = query('"ohio permits" the').where(text)
    assert places is not None
    assert [text[begin:end] for begin, end in places.spans] == ["The", "Ohio-permits"]
    assert finds(index, '"许可证 permit"', "许可证 permit 到了")
    assert not finds(index, '"许可 permit"', "许可证 permit 到了")


@settings(max_examples=200)
@given(text=texts, data=st.data())
def test_any_stretch_of_words_is_found_as_a_phrase(
    index: apsw.Connection, text: str, data: st.DataObject
) -> None:
    """What stands side by side in a text is found in quotation marks."""
    there = fold(text).split()
    first = data.draw(st.integers(0, max(0, len(there) - 1)))
    phrase = " ".join(there[first : first + data.draw(st.integers(2, 4))])
    asked = query(f'"{phrase}"')
    if len(asked.words) > 1:
        assert finds(index, f'"{phrase}"', text)


def test_what_is_looked_through_as_it_is_stays_as_it_is_when_folded() -> None:
    """The short cut for plain texts leaves nothing out: none of their characters vanishes or changes."""
    plain = [chr(code) for code in range(0x10000) if _pattern(_AS_IT_IS).fullmatch(chr(code))]
    assert len(plain) > 32_000
    for char in plain:
        assert prepared(char) == char
        assert fold(char) in {char.lower(), " "}


@settings(max_examples=100)
@given(text=st.text("aB1 许可证かガ가나。，\n", max_size=30), data=st.data())
def test_plain_texts_are_found_with_and_without_the_short_cut(text: str, data: st.DataObject) -> None:
    """An invisible joiner at the end takes a text out of the short cut, and changes nothing else."""
    typed = data.draw(st.text("aB1 许可证かガ가나", min_size=1, max_size=6))
    short, long = query(typed).where(text), query(typed).where(text + " \u200d")
    assert (short is None) is (long is None)
    if short is not None and long is not None:
        assert short.spans == long.spans
