"""The same sweep on a Dask cluster: the same figures, from workers that have the same code."""

from __future__ import annotations

import pytest
from dask.distributed import LocalCluster

from tests.test_experiments import figures, tiny
from whyattention.experiments import runner
from whyattention.experiments.runner import UnitError, run_units

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address():
    """The address of a scheduler on loopback, with two processes of two threads each."""
    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_measures_what_one_machine_measures(address, tmp_path):
    todo = [*tiny("tokens").units(), *tiny("adding").units()]
    here = run_units(todo, tmp_path / "here", jobs=1)
    there = run_units(todo, tmp_path / "there", scheduler=address)
    assert [record["unit"] for record in there] == [record["unit"] for record in here]
    assert list(map(figures, there)) == list(map(figures, here))
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == sorted(
        path.name for path in (tmp_path / "here").iterdir()
    )


def test_a_unit_that_fails_on_a_cluster_stops_no_other(address, tmp_path):
    bad = tiny(model={"kind": "transformer", "hidden": 4})
    with pytest.raises(UnitError, match="1 of 3 units failed"):
        run_units([*bad.units((0,)), *tiny().units((0, 1))], tmp_path, scheduler=address)
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_workers_with_other_code_are_refused(address, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "code_digest", _OtherCode())
    with pytest.raises(ValueError, match="must have the code ours of this machine, got theirs"):
        run_units(tiny().units((0,)), tmp_path, scheduler=address)
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match=r"127\.0\.0\.1:9"):
        run_units(tiny().units((0,)), tmp_path, scheduler="tcp://127.0.0.1:9")


class _OtherCode:
    """A digest that differs where it is computed elsewhere: pickled, it becomes another."""

    def __init__(self, digest="ours"):
        self.digest = digest

    def __call__(self):
        return self.digest

    def __reduce__(self):
        return _OtherCode, ("theirs",)
