"""Which facts and which stub speak which platform."""

from __future__ import annotations

from tests.replay.facts import Facts
from tests.replay.facts_dispatcher import DispatcherFacts
from tests.replay.facts_fakomame import FakomameFacts
from tests.replay.facts_marketplace import MarketplaceFacts
from tests.replay.facts_omw import OmwFacts
from tests.replay.facts_steppergo import SteppergoFacts
from tests.replay.recording import Recording
from tests.replay.story import Story
from tests.replay.stub import Stub, Way
from tests.replay.stub_dispatcher import DispatcherStub
from tests.replay.stub_fakomame import FakomameStub
from tests.replay.stub_marketplace import MarketplaceStub
from tests.replay.stub_omw import OmwStub
from tests.replay.stub_steppergo import SteppergoStub

STUBS: dict[str, type[Stub]] = {
    "dispatcher": DispatcherStub,
    "fakomame": FakomameStub,
    "marketplace": MarketplaceStub,
    "omw": OmwStub,
    "steppergo": SteppergoStub,
}
FACTS: dict[str, type[Facts]] = {
    "dispatcher": DispatcherFacts,
    "fakomame": FakomameFacts,
    "marketplace": MarketplaceFacts,
    "omw": OmwFacts,
    "steppergo": SteppergoFacts,
}


def story_of(rec: Recording) -> Story:
    """A recording, compiled."""
    return Story(rec, FACTS[rec.platform](rec))


def stub_for(story: Story, way: Way) -> Stub:
    """The server of a story."""
    return STUBS[story.rec.platform](story, way)
