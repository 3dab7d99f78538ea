"""The twelve defects, in the order in which `make faults-mutants` tells of them."""

from __future__ import annotations

from tests.faults.mutants import (
    backup_resent,
    blind_resend,
    bound_ignored,
    early_clear,
    empty_is_absent,
    late_attempt,
    late_journal,
    late_mark,
    no_quiet_time,
    no_watermark,
    send_before_join,
    temp_id_dedupes,
)
from tests.faults.mutants.composing import Composing
from tests.faults.mutants.defect import Defect
from tests.faults.mutants.hunts import LiveOnly, Schedules, as_is, everywhere
from tests.faults.mutants.picks import equal_pair, having, old_copy, read_while_away

DEFECTS = (
    Defect(
        name="late_attempt",
        does="The attempt is committed after the emit: bytes leave 10 ms before the row is on disk.",
        rule="1.2",
        plant=late_attempt.plant,
        hunt=Schedules(as_is(), having("kill_client")),
    ),
    Defect(
        name="early_clear",
        does="The composer is emptied when Enter is pressed, before the commit.",
        rule="1.1",
        plant=early_clear.plant,
        hunt=Composing(),
    ),
    Defect(
        name="blind_resend",
        does="After a timeout, a cut or a 5xx the send just goes again; history is not asked.",
        rule="1.3",
        plant=blind_resend.plant,
        hunt=Schedules(as_is()),
    ),
    Defect(
        name="no_watermark",
        does="An attempt names no message that was there before it.",
        rule="1.5",
        plant=no_watermark.plant,
        hunt=Schedules(as_is(), old_copy),
    ),
    Defect(
        name="bound_ignored",
        does="A message that is one send's arrival may be taken for another's, too.",
        rule="1.6",
        plant=bound_ignored.plant,
        hunt=Schedules(as_is("omw"), equal_pair),
    ),
    Defect(
        name="no_quiet_time",
        does="A history that lacks the send proves its absence at once, whatever is still on its way.",
        rule="1.8",
        plant=no_quiet_time.plant,
        hunt=Schedules(as_is()),
    ),
    Defect(
        name="temp_id_dedupes",
        does="StepperGO's tempId counts as a key that dedupes: sends are repeated without looking.",
        rule="1.3, 4 StepperGO",
        plant=temp_id_dedupes.plant,
        hunt=Schedules(as_is("steppergo")),
    ),
    Defect(
        name="send_before_join",
        does="Fakomame: a message is emitted into a chat that has not let this connection in.",
        rule="4 Fakomame",
        plant=send_before_join.plant,
        hunt=Schedules(as_is("fakomame")),
    ),
    Defect(
        name="late_journal",
        does="The journal's record is written after the commit and its answer.",
        rule="2",
        plant=late_journal.plant,
        hunt=Composing(journal_alone=True),
    ),
    Defect(
        name="empty_is_absent",
        does="Marketplace: an empty history proves an absence, also where the server stores nothing.",
        rule="4 marketplace",
        plant=empty_is_absent.plant,
        hunt=LiveOnly(having("half_open_down", "cut_answers")),
    ),
    Defect(
        name="late_mark",
        does="Everything is marked as read although newer messages of others are unseen.",
        rule="1.10",
        plant=late_mark.plant,
        hunt=Schedules(everywhere("dispatcher", "steppergo"), read_while_away),
    ),
    Defect(
        name="backup_resent",
        does="A database that was put back is not recognised: what it has queued just goes again.",
        rule="1.11",
        plant=backup_resent.plant,
        hunt=Schedules(as_is(), having("put_back")),
    ),
)
