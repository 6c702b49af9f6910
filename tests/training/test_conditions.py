"""HyperDecoder through the whole line: an adapter per input is trained, measured, and refused where it cannot be."""

from pathlib import Path

import pytest
import torch
from commandline import adaptlab, configuration

from adaptlab.reports.reading import read_records


@pytest.mark.parametrize("condition", ["input", "both"])
def test_a_generator_of_an_adapter_per_input_is_trained_and_measured(
    condition: str, small_suite: Path, tmp_path: Path
) -> None:
    encoder = {"class_path": "adaptlab.embeddings.SentenceEncoder"}
    changes = {"data.condition": condition, "data.encoder": encoder, "trainer.max_steps": 3}
    path = configuration(tmp_path / "run", small_suite, **changes)
    done = adaptlab(["fit", "--config", str(path)])
    assert done.returncode == 0, done.stderr
    checkpoint = tmp_path / "run" / "checkpoints" / "last.ckpt"
    width = torch.load(checkpoint, weights_only=True)["embedding_width"]
    assert width == (768 if condition == "both" else 384)
    few = ["--budget.seen_examples=1", "--budget.heldout_examples=2", "--budget.max_new_tokens=3"]
    place = ["--checkpoint", str(checkpoint), "--method", "hyperdecoder", "--out", str(tmp_path / "records")]
    done = adaptlab(["evaluate", *place, "--conditions", '["aligned","shuffled"]', *few])
    assert done.returncode == 0, done.stderr
    found = {record.condition for record in read_records([tmp_path / "records"])}
    assert found == ({"aligned", "shuffled"} if condition == "both" else {"aligned"})


def test_examples_cannot_share_an_adapter_that_each_has_for_itself(small_suite: Path, tmp_path: Path) -> None:
    changes = {"data.condition": "input", "data.examples_per_description": 4}
    done = adaptlab(["fit", "--config", str(configuration(tmp_path, small_suite, **changes))])
    assert done.returncode == 2
    assert "examples_per_description: 1" in done.stderr
