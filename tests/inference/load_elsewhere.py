"""Load exported adapters as their users would: by PEFT and pyreft, in a process that knows nothing of their making.

    python load_elsewhere.py FOLDER

FOLDER/ARCHITECTURE/{peft,pyreft} are exports; logits and greedy answers are written beside them, for float32 and
bfloat16.
"""

import sys
from pathlib import Path

import peft
import pyreft
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from adaptlab.adapters.interchange.pyreft import BEFORE_LOADING_QWEN3, HOW_TO_LOAD
from adaptlab.basemodels import load_base_model

NEW_TOKENS = 6


def by_peft(folder: Path, model: PreTrainedModel, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and a greedy continuation."""
    adapted = peft.PeftModel.from_pretrained(model, str(folder)).eval()
    new = adapted.generate(
        input_ids=tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW_TOKENS, do_sample=False
    )
    return adapted(tokens).logits, new


def by_pyreft(folder: Path, model: PreTrainedModel, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """The same with the lines that a model card gives; all prompt tokens are edited."""
    names = {"model": model, "pyreft": pyreft, "torch": torch}
    if "qwen3" in str(folder):
        exec(BEFORE_LOADING_QWEN3, names)
    if model.dtype == torch.float32:
        exec(HOW_TO_LOAD.format(folder=folder), names)
        reft = names["reft"]
    else:
        reft = pyreft.ReftModel.load(str(folder), model)
    places = {"sources->base": (None, [[list(range(tokens.shape[1]))] * len(tokens)] * len(reft.interventions))}
    _, adapted = reft({"input_ids": tokens}, unit_locations=places)
    asked = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    _, new = reft.generate(
        asked, unit_locations=places, intervene_on_prompt=True, max_new_tokens=NEW_TOKENS, do_sample=False
    )
    return adapted.logits, new


def main(folder: Path) -> None:
    """Do all that is there."""
    found = {}
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        tokens = load_file(part / "tokens.safetensors")["tokens"]
        for form, load in (("peft", by_peft), ("pyreft", by_pyreft)):
            for dtype in ("float32", "bfloat16"):
                model = load_base_model(f"tiny-random:{part.name}", dtype).model
                with torch.no_grad():
                    logits, new = load(part / form, model, tokens)
                found[f"{part.name}.{form}.{dtype}.logits"] = logits.float().contiguous()
                found[f"{part.name}.{form}.{dtype}.new"] = new.contiguous()
    save_file(found, folder / "found.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
