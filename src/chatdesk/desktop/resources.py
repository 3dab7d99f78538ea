"""Where the icons, themes, translations and sounds lie: in a checkout, in a wheel and in a frozen program."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def root() -> Path:
    """Return the folder of all resources, absolute.

    An installed or frozen chatdesk has it inside the package (`chatdesk/resources`), a checkout beside `src`.
    Raises FileNotFoundError, naming both places, when neither is there: the installation is broken.
    """
    package = Path(__file__).resolve().parent.parent
    places = (package / "resources", package.parent.parent / "resources")
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"chatdesk's resources are missing; looked in {places[0]} and {places[1]}")


def path(*parts: str) -> Path:
    """Return the path of one resource, for example `path("themes", "dark.json")`.

    The parts are names that the program itself writes, never remote text. Raises FileNotFoundError when
    there is no such resource, and ValueError when the parts lead out of the folder.
    """
    base = root()
    # Not `resolve`, which asks the disk about each folder on the way: a start needs a dozen of these.
    found = Path(os.path.normpath(base.joinpath(*parts)))
    if not found.is_relative_to(base):
        raise ValueError(f"not a resource of chatdesk: {'/'.join(parts)!r}")
    if not found.exists():
        raise FileNotFoundError(f"no resource {'/'.join(parts)!r} in {base}")
    return found
