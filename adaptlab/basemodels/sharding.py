"""Split a frozen model over processes: model -> the same model, each process holding its share of the weights."""

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from transformers import PreTrainedModel

from adaptlab.basemodels.sites import decoder_layers
from adaptlab.errors import ConfigurationError


def shard(model: PreTrainedModel, device: torch.device) -> None:
    """Split every layer's weights evenly over all processes; a layer is gathered only while it runs (FSDP).

    Every process must then run the model equally often. Hooks on modules work as before.

    Args:
        model: loaded whole in every process.
        device: of this process; the shares are put there.

    Raises:
        ConfigurationError: there is only one process.
    """
    if not torch.distributed.is_initialized() or torch.distributed.get_world_size() == 1:
        raise ConfigurationError(
            "shard_base_model splits the base model over processes and there is one; set trainer.devices above 1 "
            "with trainer.strategy ddp, or leave it out"
        )
    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    _, layers = decoder_layers(model)
    for layer in layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
