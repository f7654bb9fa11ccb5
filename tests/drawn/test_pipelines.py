"""Pipelines drawn at random (README.md): those that failed once, then 60 new ones. The seed is that of
the day unless PARFOCAL_SEED says another; `make test-slow` draws 2,000."""

import datetime
import os

import pytest

from . import failed
from .session import Session, report

DRAWS = int(os.environ.get("PARFOCAL_DRAWS", 60))
TODAY = datetime.date.today().toordinal() * 100_000
SEED = int(os.environ.get("PARFOCAL_SEED", TODAY))


@pytest.fixture(scope="module")
def session():
    one = Session()
    yield one
    print(one.coverage.text())
    one.close()


@pytest.mark.parametrize("kind, pipeline", failed.kept(), ids=lambda value: getattr(value, "seed", value))
def test_what_failed_once_is_right(session, kind, pipeline):
    verdict = session.judge(pipeline)
    assert not verdict.failures, report(verdict)


@pytest.mark.parametrize("seed", range(SEED, SEED + DRAWS))
def test_a_drawn_pipeline_keeps_its_promises(session, seed):
    verdict = session.attempt(seed)
    if verdict.failures:
        pytest.fail(report(session.shrunk(verdict)), pytrace=False)
