"""Every experiment file parses against the classes that it configures, alone and before anything is loaded."""

from pathlib import Path

import pytest
import yaml

from adaptlab.evaluation.comparison_plan import read_comparison
from adaptlab.training.cli import fit

EXPERIMENTS = Path(__file__).parent.parent / "experiments"
COMPARISONS = sorted(path for path in EXPERIMENTS.glob("*.yaml") if "\nmethods:\n" in path.read_text(encoding="utf-8"))
SYSTEMS = sorted(path for path in {*EXPERIMENTS.glob("*.yaml")} - {*COMPARISONS} if path.name != "base.yaml")
RECONSTRUCTIONS = sorted(path for path in (EXPERIMENTS / "reconstruction").glob("*.yaml") if path.name != "base.yaml")
PLACES = sorted((EXPERIMENTS / "trainers").glob("*.yaml"))


@pytest.mark.parametrize("path", SYSTEMS, ids=lambda path: path.stem)
def test_a_system_resolves_on_top_of_the_shared_defaults(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        fit(["--config", str(path), "--print_config"])
    assert stopped.value.code == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    shared = yaml.safe_load((EXPERIMENTS / "base.yaml").read_text())
    own = -1 if path.stem.startswith("oracles_") else shared["trainer"]["max_steps"]  # those are counted in epochs
    assert resolved["trainer"]["max_steps"] == own
    assert resolved["data"]["seed"] == shared["seed_everything"]
    assert resolved["trainer"]["default_root_dir"] == f"runs/{path.stem}"


@pytest.mark.parametrize("path", COMPARISONS, ids=lambda path: path.stem)
def test_a_comparison_is_complete(path: Path) -> None:
    found = read_comparison(path)
    assert len(found.methods) >= 4
    assert all(len(method.learning_rates) >= 3 for method in found.methods.values())


@pytest.mark.parametrize("path", RECONSTRUCTIONS, ids=lambda path: path.stem)
def test_a_reconstruction_resolves_to_its_own_objective(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        fit(["--config", str(path), "--print_config"])
    assert stopped.value.code == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    assert resolved["objective"] == "reconstruction"
    assert resolved["model"]["loss"]["class_path"].endswith("EffectLoss")
    assert resolved["trainer"]["default_root_dir"] == f"runs/reconstruction_{path.stem}"


@pytest.mark.parametrize("place", PLACES, ids=lambda path: path.stem)
def test_a_place_shares_its_batches_out_evenly(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        fit(["--config", str(SYSTEMS[0]), "--config", str(place), "--print_config"])
    assert stopped.value.code == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    devices, nodes = resolved["trainer"]["devices"], resolved["trainer"]["num_nodes"]
    processes = (devices if isinstance(devices, int) else 8) * nodes if resolved["trainer"]["strategy"] == "ddp" else 1
    assert resolved["data"]["batch_size"] % processes == 0


def test_there_are_systems() -> None:
    assert {"text_to_lora", "text_to_loreft", "shared_lora"} <= {path.stem for path in SYSTEMS}
    assert {path.stem for path in RECONSTRUCTIONS} == {"lora", "loreft"}
