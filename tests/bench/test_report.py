"""The benchmarks' own mathematics and the shape of their report; nothing is measured here."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from chatdesk.store.connection import FILE_NAME, open_reader
from tests.bench import __main__ as runner
from tests.bench import growth, profile, quiet, write_docs
from tests.bench.bars import BARS, BENCHES, FIGURES, FULL_SIZE, STAGES, Bar, Measured, judge
from tests.bench.measure import median, percentile, summary
from tests.bench.report import KEYS, all_figures, cells, judge_all, table, told
from tests.bench.texts import Texts, vocabulary

CALM = quiet.Quiet(timer_jitter_ms=0.1, cpu_loop_ms=quiet.REFERENCE_CPU_LOOP_MS, fdatasync_ms=0.2)


def bar(key: str) -> Bar:
    return next(one for one in BARS if one.key == key)


@pytest.mark.parametrize(
    ("samples", "percent", "found"),
    [
        ([5.0], 99, 5.0),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 101)), 50, 50),
        (list(range(200, 0, -1)), 99, 198),
        ([1.0, 2.0, 3.0], 0, 1.0),
    ],
)
def test_percentile_is_the_nearest_rank(samples: list[float], percent: float, found: float) -> None:
    """A percentile is a value that was measured: the smallest that enough of the others do not exceed."""
    assert percentile(samples, percent) == found


def test_nothing_measured_has_no_percentile() -> None:
    """Without samples there is no figure, rather than a zero that would hold every bar."""
    for ask in (lambda: percentile([], 99), lambda: median([]), lambda: summary([])):
        with pytest.raises(ValueError, match="no samples"):
            ask()


def test_a_limit_grows_with_a_slower_processor_but_not_beyond_twice() -> None:
    """An absolute limit is scaled by the processor, at most doubled; a ratio never is."""
    slow = msgspec.structs.replace(CALM, cpu_loop_ms=quiet.REFERENCE_CPU_LOOP_MS * 5)
    fast = msgspec.structs.replace(CALM, cpu_loop_ms=quiet.REFERENCE_CPU_LOOP_MS / 5)
    assert (slow.cpu_factor(), CALM.cpu_factor(), fast.cpu_factor()) == (2.0, 1.0, 1.0)
    wheel = Measured(key="wheel", value=9.9)
    assert judge(bar("wheel"), wheel, slow.cpu_factor())["holds"] is True
    assert judge(bar("wheel"), wheel, CALM.cpu_factor())["holds"] is False
    start = Measured(key="start", value=360.0, reference=100.0)
    assert judge(bar("start"), start, slow.cpu_factor())["holds"] is False


def test_a_rate_must_not_be_too_small() -> None:
    """Where more is better, the limit is the least, and a slower processor may reach less."""
    assert judge(bar("ingest"), Measured(key="ingest", value=39_000), 1.0)["holds"] is False
    assert judge(bar("ingest"), Measured(key="ingest", value=39_000), 1.5)["holds"] is True
    assert judge(bar("ingest"), Measured(key="ingest", value=41_000), 1.0)["holds"] is True


def test_a_bar_without_its_peer_or_its_run_is_not_shown() -> None:
    """What was not measured, or not against its reference, holds neither true nor false, and says why."""
    for row in (
        judge(bar("start-peer"), Measured(key="start-peer", value=200.0), 1.0),
        judge(bar("wheel"), None, 1.0),
        judge(bar("sparse"), Measured(key="sparse", reason="3 messages were not painted"), 1.0),
    ):
        assert row["holds"] is None
        assert row["reason"]


def test_a_broken_condition_breaks_the_bar() -> None:
    """A rate that was reached while the window stood still does not hold, however high it is."""
    row = judge(bar("catch-up"), Measured(key="catch-up", value=20_000, broken="away for 80 ms"), 1.0)
    assert (row["value"], row["holds"], row["reason"]) == (20_000, False, "away for 80 ms")
    assert cells(row)[4] == "does not hold: away for 80 ms"


def test_a_small_profile_shows_nothing_about_a_million() -> None:
    """A run over fewer messages gives its values, but no verdict on the bars about a million."""
    few = judge(bar("wheel"), Measured(key="wheel", value=1.0, rows=FULL_SIZE // 5), 1.0)
    assert few["value"] == 1.0
    assert few["holds"] is None
    assert "200,000" in few["reason"]


def test_every_bar_is_one_object_of_the_report() -> None:
    """All twelve numbers are there, each object with the same keys; an unknown figure is an error."""
    rows = judge_all({"start": (Measured(key="start", value=150.0, reference=100.0), 1.0)})
    assert [row["part"] for row in rows] == [one.key for one in BARS]
    assert {row["bar"] for row in rows} == set(range(1, 13))
    assert all(set(KEYS) <= set(row) for row in rows)
    start = next(row for row in rows if row["part"] == "start")
    assert (start["ratio"], start["holds"]) == (1.5, True)
    assert json.loads(json.dumps(rows)) == rows
    assert len(table(rows).splitlines()) == len(rows) + 1
    with pytest.raises(KeyError, match="strange"):
        judge_all({"strange": (Measured(key="strange", value=1.0), 1.0)})


def test_a_figure_is_told_and_held_against_nothing() -> None:
    """It is no bar; its line has the value, what was measured beside it, and why it does not count."""
    one = Measured(key="import", value=3_164.8, broken="half of it came", detail={"messages": 30_132})
    found = {"import": (one, 1.0)}
    assert "import" not in {row["part"] for row in judge_all(found)}
    (figure,) = all_figures(found)
    assert told(figure).endswith(": 3,165 /s (messages 30,132); half of it came")
    assert told(all_figures({})[0]).endswith(": -; it was not run")
    written = write_docs.figures({**a_report([]), "figures": [figure]})
    assert f"- {told(figure)}" in written.splitlines()


def a_run(noise: float, value: float, failed: str = "") -> runner.Run:
    measured = () if failed else (Measured(key="wheel", value=value),)
    return runner.Run(
        bench="view",
        took_s=1.0,
        noise=noise,
        cpu_factor=1.0,
        before=CALM,
        after=CALM,
        measured=measured,
        failed=failed,
    )


def test_the_run_in_the_least_noise_counts() -> None:
    """Not the best value: the run in which the machine was quietest."""
    found = runner.best([a_run(2.5, 1.0), a_run(1.2, 4.0), a_run(9.0, 0.5)])
    assert found["wheel"][0].value == 4.0
    fell = a_run(1.0, 0.0, failed="it fell over")
    assert runner.best([fell, a_run(3.0, 5.0)])["wheel"][0].value == 5.0
    assert {one.value for one, _factor in runner.best([fell]).values()} == {None}


def test_a_noisy_run_is_repeated_at_most_three_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise repeats a benchmark, quiet ends it; once the time is up nothing is repeated."""
    noises = {"calm": [1.5], "once": [3.0, 1.5], "ever": [5.0, 4.0, 9.0, 9.0]}
    begun: list[str] = []

    def run_once(bench: str, rows: int, reference: quiet.Quiet) -> runner.Run:
        begun.append(bench)
        return msgspec.structs.replace(a_run(noises[bench][begun.count(bench) - 1], 1.0), bench=bench)

    monkeypatch.setattr(runner, "run_once", run_once)
    runs = runner.run_all(["once", "calm", "ever"], 1, CALM, float("inf"))
    assert begun == ["once", "calm", "ever", "ever", "once", "ever"]
    assert [run.bench for run in runs] == ["once", "once", "calm", "ever", "ever", "ever"]
    assert begun.count("ever") == runner.MOST_RUNS
    begun.clear()
    assert len(runner.run_all(["once", "calm", "ever"], 1, CALM, 0.0)) == 3


def test_a_benchmark_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A benchmark that can't run is in the report with its reason, and the others still run."""
    monkeypatch.setattr(quiet, "look", lambda _folder: CALM)
    run = runner.run_once("there_is_none", 1, CALM)
    assert run.failed.startswith("ModuleNotFoundError")
    assert run.measured == ()


def test_what_was_measured_before_a_failure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark that falls over halfway keeps its figures; its other bars name the failure, in one line."""

    def measure(_rows: int) -> Iterator[Measured]:
        yield Measured(key="wheel", value=2.0)
        raise OSError(f"no such file: {profile.ROOT}/somewhere\nand a traceback")

    monkeypatch.setattr(quiet, "look", lambda _folder: CALM)
    monkeypatch.setitem(sys.modules, "tests.bench.bench_view", SimpleNamespace(run=measure))
    rows = {row["part"]: row for row in judge_all(runner.best([runner.run_once("view", FULL_SIZE, CALM)]))}
    assert rows["wheel"]["holds"] is True
    assert (rows["fling"]["holds"], rows["fling"]["reason"]) == (
        None,
        "its benchmark (view) failed: OSError: no such file: ./somewhere",
    )
    assert rows["search"]["reason"] == bar("search").unmeasured


def test_each_bar_belongs_to_one_benchmark() -> None:
    """Every bar is some benchmark's, so that a failure names all that it took away; each is there."""
    keys = [key for keys in BENCHES.values() for key in keys]
    assert sorted(keys) == sorted([*(one.key for one in BARS), *(one.key for one in FIGURES)])
    assert all((Path(runner.__file__).parent / f"bench_{name}.py").exists() for name in BENCHES)


def test_the_quietest_look_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a machine can do at its quietest is remembered probe by probe, and noise is told by it."""
    looks = iter(
        quiet.Quiet(timer_jitter_ms=jitter, cpu_loop_ms=loop, fdatasync_ms=0.5)
        for jitter, loop in ((0.4, 12.0), (0.2, 20.0), (0.9, 15.0), (5.0, 50.0), (5.0, 50.0), (5.0, 50.0))
    )
    monkeypatch.setattr(quiet, "look", lambda _folder: next(looks))
    quietest = quiet.Quiet(timer_jitter_ms=0.2, cpu_loop_ms=12.0, fdatasync_ms=0.5)
    assert quiet.recorded(tmp_path) == quietest
    assert quiet.recorded(tmp_path) == quietest
    noisy = quiet.Quiet(timer_jitter_ms=0.2, cpu_loop_ms=48.0, fdatasync_ms=0.5)
    assert noisy.noise(quietest) == 4.0


def test_texts_are_always_the_same() -> None:
    """The n-th text is the same in every process, and no text is blank."""
    one, other = Texts(), Texts()
    assert all(one[n] == other[n] and one[n].strip() for n in range(0, 1_000_000, 9_973))
    assert len({one[n] for n in range(1_000)}) > 900


def test_texts_are_those_of_a_desk() -> None:
    """At least 50,000 words by Zipf, many scripts, 5 % from right to left, 8 % with emoji, 2 % giants."""
    texts = Texts()
    some = [texts[n] for n in range(20_000)]

    def share(is_so: Callable[[str], bool]) -> float:
        return sum(map(is_so, some)) / len(some) * 100

    assert len(set(vocabulary())) >= 50_000
    assert 4 < share(lambda text: unicodedata.bidirectional(text[0]) in {"R", "AL"}) < 6
    assert 7 < share(lambda text: any(char in text for char in "😀🚚📦👍👩🎉❤🔥✅🚧⏰")) < 9
    assert 1.5 < share(lambda text: len(text) > 600) < 2.5
    assert all(1_500 < len(text) < 2_500 for text in some if len(text) > 600)
    scripts = {unicodedata.name(text[0]).split()[0] for text in some if text[0].isalpha()}
    assert len(scripts - {"DIGIT"}) >= 8
    words = Counter(word for text in some for word in text.lower().split())
    counts = [count for _word, count in words.most_common()]
    assert counts[0] > 5 * counts[40] > 5 * 5 * counts[1_500]


def test_messages_of_the_profile_sort_by_their_number() -> None:
    """Cursor, id and time of the profile's messages grow with their number."""
    some = [profile.message(profile.BIG, n, "text") for n in (0, 9, 10, 99_999, 999_999)]
    assert sorted(some, key=lambda one: one.cursor) == some
    assert sorted(some, key=lambda one: one.sent_at_us) == some
    assert len({one.remote_id for one in some}) == len(some)


def a_report(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "commit": "0" * 40,
        "machine": dict.fromkeys(("cpu", "cpus", "memory", "system", "python", "pyside6", "sqlite"), "x"),
        "began_at": "2026-11-20T10:00:00+00:00",
        "duration_s": 300.0,
        "rows": 1_000_000,
        "load_1min": 0.5,
        "bars": rows,
        "runs": [{"bench": "view", "noise": 3.0}, {"bench": "view", "noise": 1.1}],
    }


def test_the_page_says_where_its_figures_come_from() -> None:
    """Commit, machine and duration stand with the figures; a bar without a run says so."""
    rows = judge_all({"wheel": (Measured(key="wheel", value=2.0), 1.0)})
    written = write_docs.figures(a_report(rows))
    for word in ("0" * 40, "300 s", "x processors", "view 1.1"):
        assert word in written
    assert sum("not shown" in line for line in written.splitlines()) == len(BARS) - 1
    where = {"imports": [150.0, 140.5, 139.0], "in all": [300.0, 280.0, 140.0]}
    start = Measured(key="start", value=300.0, reference=160.0, detail={STAGES: where})
    staged = write_docs.figures(a_report(judge_all({"start": (start, 1.0)})))
    assert "| imports | 150.0 | 140.5 | 139.0 |" in staged
    page = f"above\n{write_docs.BEGIN}\nold\n{write_docs.END}\nbelow\n"
    assert write_docs.with_figures(page, written) == (
        f"above\n{write_docs.BEGIN}\n\n{written}\n\n{write_docs.END}\nbelow\n"
    )
    with pytest.raises(ValueError, match="no place"):
        write_docs.with_figures("a page", written)


def test_what_grows_has_a_row_for_each_step() -> None:
    """Messages, accounts and conversations grow one at a time, and each step is a row of figures."""
    planned = growth.steps(1_000_000)
    found = {(step.what, step.count) for step in planned}
    assert {("messages", 1_000_000), ("accounts", 20), ("conversations", 10_000)} < found
    assert len(planned) == len(found) == 10
    for step in planned:
        assert step.count in {step.shape.rows, step.shape.accounts, step.shape.others + growth.TWO}
    costs = [
        growth.Cost(
            what=step.what,
            count=step.count,
            messages=step.shape.rows,
            accounts=step.shape.accounts,
            conversations=step.shape.others + growth.TWO,
            start_ms=200.0,
            starts_ms=[200.0] * growth.STARTS,
            switch_ms=1.0,
            scroll_ms=2.0,
            update_ms=3.0,
            search_ms=4.0,
            pss_mb=100.0,
            file_mb=10.0,
            noise=1.0,
        )
        for step in planned
    ]
    report = {**a_report([]), "costs": msgspec.to_builtins(costs), "failed": {"1 account": "it fell over"}}
    written = write_docs.growth(report)
    lines = [line for line in written.splitlines() if line.startswith("| ")]
    assert len(lines) == len(planned) + 2
    assert {line.count("|") for line in lines} == {len(write_docs.GROWTH_HEAD) + 1}
    assert "- Not measured: 1 account: it fell over" in written


def test_a_shape_is_what_it_says(tmp_path: Path) -> None:
    """So many accounts, conversations and messages as were asked for are in the folder."""
    shape = profile.Shape(rows=20, accounts=3, others=7, other_rows=2)
    profile.make(tmp_path / "made", shape)
    con = open_reader(tmp_path / "made" / FILE_NAME)
    try:
        counts = [
            con.execute(f"SELECT count(*) FROM {table}").get
            for table in ("accounts", "conversations", "messages")
        ]
    finally:
        con.close()
    assert counts == [3, 7 + growth.TWO, 20 + profile.SMALL_ROWS + 7 * 2]


def test_the_documents_have_every_bar_in_their_table() -> None:
    """docs/performance.md holds a table made from a report: one line for each bar, none from elsewhere."""
    page = write_docs.PAGE.read_text("utf-8")
    inside = page.partition(write_docs.BEGIN)[2].partition(write_docs.END)[0]
    table_of_bars = inside.partition(write_docs._row(write_docs._HEAD))[2].partition("\n\n")[0]
    lines = [line for line in table_of_bars.splitlines() if line.startswith("| ")][1:]
    whats = [line.split(" | ")[1] for line in lines]
    assert whats == [cells(row)[1] for row in judge_all({})]
    for word in ("- Commit: `", "- Machine: ", "- Run: "):
        assert word in inside
