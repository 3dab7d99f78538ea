"""What was typed while a message was on its way to the disk: the beginning of the next draft. Pure."""

from __future__ import annotations


def typed_since(sent: str, now: str) -> str:
    """What stands in `now` that was not in `sent`: the text between their common beginning and common end.

    The usual case is text typed after the sent one. Where letters of the sent text were only removed, nothing
    is left over; a change in its middle leaves what was put there.
    """
    if now == sent:
        return ""
    if now.startswith(sent):
        return now[len(sent) :]
    if now.endswith(sent):
        return now[: len(now) - len(sent)]
    shorter = min(len(sent), len(now))
    begin = 0
    while begin < shorter and sent[begin] == now[begin]:
        begin += 1
    end = 0
    while end < shorter - begin and sent[-1 - end] == now[-1 - end]:
        end += 1
    return now[begin : len(now) - end]
