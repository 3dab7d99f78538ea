"""What a link says of itself, and opening one: when it is pressed, after a question where it deceives."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtWidgets import QWidget

from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.theme import Theme
from chatdesk.ui.timeline.links import Doubt, Link, LinkKind, doubt, open_link, real_host

HOST_CHARS = 80
ADDRESS_CHARS = 300


def host_words(link: Link) -> str:
    """The host that would be asked; an honest one with letters beyond ASCII in both its forms."""
    host = one_line(real_host(link.url), HOST_CHARS)
    if "xn--" not in host or doubt(link) is not None:
        return host
    # An honest name is also shown as people know it.
    return tr("{name} ({host})", name=one_line(QUrl(link.url).host(), HOST_CHARS), host=host)


def tip(link: Link) -> str:
    """What pressing a link would do."""
    match link.kind:
        case LinkKind.MAIL:
            words = tr("Writes an e-mail to {address}", address=one_line(link.text, HOST_CHARS))
        case LinkKind.PHONE:
            words = tr("Calls {number}", number=one_line(link.text, HOST_CHARS))
        case _:
            words = tr("Opens {host} in your browser", host=host_words(link))
    why = warning(link)
    return f"{words}\n{why}" if why else words


def verb(link: Link) -> str:
    """The same as an entry of a menu."""
    match link.kind:
        case LinkKind.MAIL:
            return tr("Write to {address}", address=one_line(link.text, HOST_CHARS))
        case LinkKind.PHONE:
            return tr("Call {number}", number=one_line(link.text, HOST_CHARS))
        case LinkKind.WEB:
            return tr("Open {host}", host=one_line(real_host(link.url), HOST_CHARS))


def warning(link: Link) -> str:
    """Why an address may not be what it seems; empty for most."""
    match doubt(link):
        case Doubt.LOOK_ALIKE:
            return tr("Careful: its name has letters that look like others.")
        case Doubt.DISGUISED:
            return tr("Careful: what stands before the @ is not where it leads.")
        case None:
            return ""


def copied(link: Link) -> str:
    """What copying a link puts on the clipboard."""
    return link.url if link.kind is LinkKind.WEB else link.text


class LinkOpener(QObject):
    """Opens links. `told(sentence)`: where nothing on this computer takes one."""

    told = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._window = parent

    def open(self, link: Link) -> None:
        """Open it; one that may deceive after the person has seen where it leads."""
        why = warning(link)
        if not why:
            self._hand_over(link)
            return
        question = PlainQuestion(
            self._theme,
            tr("Open this address?"),
            "\n\n".join([one_line(link.text, ADDRESS_CHARS), tip(link)]),
            yes=tr("Open"),
            no=tr("Cancel"),
            danger=True,
            parent=self._window,
        )
        question.answered.connect(lambda answer: self._hand_over(link) if answer is Answer.YES else None)
        question.open()

    def _hand_over(self, link: Link) -> None:
        if not open_link(link.url):
            self.told.emit(
                tr("No program on this computer opens that. Its menu copies it, to be pasted elsewhere.")
            )
