"""Workers of Parsl over loopback find what this process finds; what is wrong with a configuration is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if not os.environ.get("MATGEN_REQUIRE_CLUSTER"):
    pytest.importorskip("parsl", reason="no parsl: pip install --requirement requirements-dev.txt")

import torch

from matgen_core.cli.main import main
from matgen_core.core.cluster import ClusterExecutor, open_cluster, read_config
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.settings import Budget, CrystalSettings, Rules
from matgen_core.core.spreading import NoWorkers, SetAside, spread
from matgen_core.workflows.design import design, design_until
from tests.unit.core import tasks

ROOT = Path(__file__).parents[2]
TWO_BLOCKS = """
from parsl import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            address="127.0.0.1",
            max_workers_per_node=1,
            heartbeat_period=1,
            heartbeat_threshold=10,
            provider=LocalProvider(init_blocks=2, max_blocks=2, worker_init="export PYTHONPATH={root}{more}"),
        )
    ],
    strategy="none",
    run_dir={folder!r},
    initialize_logging=False,
)
patience = {patience}
"""
#: One executor for each network, whose workers run in its namespace.
APART = """
from parsl import Config
from parsl.executors import HighThroughputExecutor
from parsl.launchers import WrappedLauncher
from parsl.providers import LocalProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            label=name,
            address=address,
            max_workers_per_node=1,
            heartbeat_period=1,
            heartbeat_threshold=10,
            provider=LocalProvider(
                init_blocks=1,
                max_blocks=1,
                launcher=WrappedLauncher(prepend="nsenter --net=/run/netns/" + name),
                worker_init="export PYTHONPATH={root}",
            ),
        )
        for name, address in {networks!r}.items()
    ],
    strategy="none",
    run_dir={folder!r},
    initialize_logging=False,
)
patience = 120
"""


def write(folder: Path, patience: float = 120, more: str = "") -> Path:
    file = folder / "cluster.py"
    text = TWO_BLOCKS.format(root=ROOT, folder=str(folder / "logs"), patience=patience, more=more)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterExecutor]:
    """Two blocks of one worker each."""
    with open_cluster(write(tmp_path_factory.mktemp("cluster"))) as made:
        yield made


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_two_blocks_do_tasks_in_order(cluster: ClusterExecutor) -> None:
    assert cluster.workers == 2
    assert list(spread(tasks.square, range(12), cluster)) == [(n, n * n) for n in range(12)]


def test_workers_find_what_this_process_finds(cluster: ClusterExecutor) -> None:
    target, budget = (
        Target({}, Constraints(chemical_system=frozenset({"Na", "Cl"}), max_atoms=4)),
        Budget(900, 3600, 40),
    )
    rules = Rules(known=True)
    here = design_until("compositions", target, budget, rules=rules, seed=4)
    there = design_until("compositions", target, budget, rules=rules, seed=4, executor=cluster)
    assert there.candidates == here.candidates
    settings = CrystalSettings(drafts=4, skeletons=1, geometries=1, steps=2, relax=2, cap=1, judge=False)
    asked = Target({}, Constraints(formula="NaCl", crystal_system="cubic", max_atoms=2))
    crystals = design("crystals", asked, 6, seed=3, settings=settings, executor=cluster)
    assert crystals == design("crystals", asked, 6, seed=3, settings=settings)


@pytest.fixture
def networks() -> Iterator[dict[str, str]]:
    """Two network namespaces by name, each with the address under which it reaches this process."""
    if os.geteuid() != 0 or shutil.which("ip") is None or shutil.which("nsenter") is None:
        pytest.skip("network namespaces need root, ip and nsenter")
    block = f"198.18.{os.getpid() % 254 + 1}"  # of tests between networks (RFC 2544); two sessions take two of them
    made = {f"matgen{os.getpid()}{letter}": f"{block}.{1 + 4 * i}" for i, letter in enumerate("ab")}
    begun: list[str] = []
    try:
        for i, (name, address) in enumerate(made.items()):
            here, there = f"mg{os.getpid() % 10**7}{i}h", f"mg{os.getpid() % 10**7}{i}t"
            inside = f"{block}.{2 + 4 * i}"
            for command in (
                f"ip netns add {name}",
                f"ip link add {here} type veth peer name {there} netns {name}",
                f"ip address add {address}/30 dev {here}",
                f"ip link set {here} up",
                f"ip -n {name} link set lo up",
                f"ip -n {name} address add {inside}/30 dev {there}",
                f"ip -n {name} link set {there} up",
            ):
                done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
                if command.startswith("ip netns") and not done.returncode:
                    begun.append(name)
                if done.returncode:
                    pytest.skip(f"no network namespace can be made here: {done.stderr.strip()[:100]}")
        yield made
    finally:
        for name in begun:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def test_workers_in_two_networks_find_what_this_process_finds(networks: dict[str, str], tmp_path: Path) -> None:
    target = Target({}, Constraints(chemical_system=frozenset({"Na", "Cl"}), max_atoms=4))
    budget, rules = Budget(900, 3600, 24), Rules(known=True)
    here = design_until("compositions", target, budget, rules=rules, seed=4)
    text = APART.format(root=ROOT, folder=str(tmp_path / "logs"), networks=networks)
    (tmp_path / "cluster.py").write_text(text, encoding="utf-8")
    with open_cluster(tmp_path / "cluster.py") as apart:
        seen = {place for _task, place in spread(tasks.network, range(60), apart)}
        there = design_until("compositions", target, budget, rules=rules, seed=4, executor=apart)
    assert len(seen) == 2
    assert tasks.network(0) not in seen
    assert there.candidates == here.candidates


def test_a_worker_that_dies_costs_its_task_once(cluster: ClusterExecutor, tmp_path: Path) -> None:
    found = dict(spread(tasks.Dying(tmp_path, {1: 1, 3: 9}), range(6), cluster))
    lost = found.pop(3)
    assert isinstance(lost, SetAside)
    assert "WorkerLost" in lost.reason
    assert found == {n: n * 10 for n in (0, 1, 2, 4, 5)}


def test_a_task_that_takes_too_long_is_set_aside(cluster: ClusterExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "limit", 1.0)
    found = dict(spread(tasks.hang, range(3), cluster))
    lost = found.pop(1)
    assert isinstance(lost, SetAside)
    assert "1 s are allowed" in lost.reason
    assert found == {0: 0, 2: 2}


def test_workers_that_never_come_up_are_said(tmp_path: Path) -> None:
    with (
        open_cluster(write(tmp_path, patience=3, more="; sleep 60; exit 1")) as empty,
        pytest.raises(NoWorkers, match=r"no worker came up within 3 s.*logs.*patience|starts no workers"),
    ):
        list(spread(tasks.square, range(3), empty))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config = (", ":1 is no configuration .SyntaxError"),
        ("\nimport no_such_module", ":2 is no configuration .ModuleNotFoundError"),
        ("from parsl import Config\nconfig = Config(executors=[Nothing()])", "NameError: name 'Nothing'"),
        ("other = 1", "defines no config"),
        ("from parsl import Config\nconfig = Config()", "names the executor ThreadPoolExecutor"),
    ],
)
def test_a_configuration_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "cluster.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_config(file)


def test_the_command_names_a_file_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["matgen", "molecules", "--cluster", str(tmp_path / "none.py")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert "none.py is no configuration (FileNotFoundError" in capsys.readouterr().err
