"""Read the adaptable places off a causal language model: model -> sorted `AdapterSite`s."""

from collections import Counter

from torch import nn
from transformers import PreTrainedModel

from adaptlab.contracts import AdapterSite
from adaptlab.errors import BaseModelError


def decoder_layers(model: PreTrainedModel) -> tuple[str, nn.ModuleList]:
    """The path and list of the model's decoder layers.

    Raises:
        BaseModelError: the model has no list of decoder layers, so it is not a decoder-only language model.
    """
    count = model.config.get_text_config().num_hidden_layers
    for path, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and path.endswith("layers") and len(module) == count:
            return path, module
    raise BaseModelError(f"{type(model).__name__} has no list of {count} decoder layers; use a decoder-only model")


def list_sites(model: PreTrainedModel) -> tuple[AdapterSite, ...]:
    """All sites of a model, sorted by module type and layer; works on the meta device.

    The output of each decoder layer is a site of module type `block`. Each linear map inside a layer is a site of
    the type that ends its name (`q_proj`); types that occur several times in one layer, such as the experts of a
    mixture, are left out since they cannot be told apart by layer and type.
    """
    root, layers = decoder_layers(model)
    hidden = model.config.get_text_config().hidden_size
    sites: list[AdapterSite] = []
    for index, layer in enumerate(layers):
        sites.append(AdapterSite("block", index, f"{root}.{index}", hidden, hidden))
        linear = {path: module for path, module in layer.named_modules() if isinstance(module, nn.Linear)}
        times = Counter(path.rpartition(".")[2] for path in linear)
        for path, module in linear.items():
            module_type = path.rpartition(".")[2]
            if times[module_type] == 1:
                full_path = f"{root}.{index}.{path}"
                sites.append(AdapterSite(module_type, index, full_path, module.in_features, module.out_features))
    return tuple(sorted(sites))
