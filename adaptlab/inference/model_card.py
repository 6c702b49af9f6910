"""Write the README.md beside an exported adapter: facts -> a model card that says what it is and how to load it."""

from collections.abc import Mapping, Sequence
from typing import Any

from adaptlab.adapters import AdapterFamily, BaseModelName, LoReFT
from adaptlab.adapters.interchange import SavedAdapter
from adaptlab.adapters.interchange.pyreft import BEFORE_LOADING_QWEN3, HOW_TO_LOAD
from adaptlab.basemodels import hub_name


def model_card(adapter: SavedAdapter, format: str) -> str:
    """The card's text, with the metadata that model hubs read at its head.

    Args:
        adapter: what it stands beside.
        format: `adaptlab`, `peft` or `pyreft`, which is also the library that loads it.
    """
    base_model, families, provenance = adapter.base_model, adapter.families, adapter.provenance
    description = str(provenance.get("description", ""))
    names, on_the_hub = ", ".join(family.name for family in families), hub_name(base_model.name)
    lines = [
        "---",
        *([f"base_model: {on_the_hub}"] if on_the_hub else []),  # the hub refuses names that it does not know
        f"library_name: {format}",
        "tags:",
        *(f"- {family.name}" for family in families),
        "- adaptlab",
        "---",
        "",
        f"# {names} adapter" + (" from a description" if description else ""),
        "",
        *(["> " + " ".join(description.split()), ""] if description else []),
        "| | |",
        "|:--|:--|",
        f"| base model | `{base_model.name}` ({base_model.dtype}; weights {base_model.fingerprint}) |",
        *(f"| {family.name} | {_settings(family)} |" for family in families),
        f"| parameters | {adapter.parameters.parameters_per_task:,} |",
        *_origin(provenance),
        "",
        "## How to load it",
        "",
        "```python",
        _loading(base_model, format).rstrip(),
        "```",
        "",
        *_positions(families, adapter.prompt_start, format),
        "Upload it with `hf upload USER/NAME FOLDER`.",
        "",
    ]
    return "\n".join(lines)


def _settings(family: AdapterFamily) -> str:
    said: dict[str, Any] = {name: value for name, value in family.settings.items() if name != "family"}
    for name, value in said.items():
        if value is None:
            said[name] = "all"
        elif name == "targets":
            said[name] = " and ".join(value)
        elif name == "positions":
            said[name] = _choice(value)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items())


def _choice(positions: Mapping[str, Any]) -> str:
    arguments = ", ".join(f"{name} {value}" for name, value in positions.items() if name != "choice")
    return f"{positions['choice']}({arguments})"


def _origin(provenance: Mapping[str, Any]) -> list[str]:
    lines = []
    if "generator" in provenance:
        lines.append(f"| emitted by | `{provenance['generator']}` (parameters sha256 {provenance['sha256'][:16]}) |")
    if provenance.get("strength", 1.0) != 1.0:
        lines.append(f"| strength | {provenance['strength']:g} times its effect; the scale is in the tensors |")
    if "nearest_tasks" in provenance:
        near = ", ".join(f"{name} ({apart:.2f})" for name, apart in provenance["nearest_tasks"].items())
        lines.append(f"| nearest train tasks | {near}, by cosine distance of descriptions |")
    return lines


def _loading(base_model: BaseModelName, format: str) -> str:
    first = "from transformers import AutoModelForCausalLM\n"
    model = f'model = AutoModelForCausalLM.from_pretrained("{base_model.name}", dtype="float32")\n'
    if ":" in base_model.name:  # a name of adaptlab's own
        first = "from adaptlab.basemodels import load_base_model\n"
        model = f'model = load_base_model("{base_model.name}").model\n'
    if format == "peft":
        return f'{first}from peft import PeftModel\n\n{model}model = PeftModel.from_pretrained(model, "FOLDER")\n'
    if format == "pyreft":
        return f"import pyreft, torch\n{first}\n{model}{HOW_TO_LOAD.format(folder='FOLDER')}"
    return (
        "from adaptlab.basemodels import load_base_model\nfrom adaptlab.inference import Adapter\n\n"
        f'base = load_base_model("{base_model.name}", "{base_model.dtype}")\n'
        'with Adapter.load("FOLDER").attach(base.model) as model:\n    ...  # forward or generate\n'
    )


def _positions(families: Sequence[AdapterFamily], prompt_start: int, format: str) -> list[str]:
    edited = [family for family in families if isinstance(family, LoReFT)]
    if not edited:
        return []
    lines = [
        f"Which tokens are edited: {_choice(edited[0].settings['positions'])}, where the prompt counts from its token "
        f"{prompt_start} on (what stands before is the same in every prompt).",
        "",
    ]
    if format == "pyreft":
        lines += [
            "pyreft keeps no positions: pass them as `unit_locations`. For one prompt of which all tokens are edited:",
            "",
            "```python",
            f"places = [[list(range({prompt_start}, prompt_length))]] * len(reft.interventions)",
            'reft(tokens, unit_locations={"sources->base": (None, places)})',
            "```",
            "",
            "`ReftModel.load` makes interventions in bfloat16; the loop above takes them back to the float32 that is "
            "saved (in a bfloat16 model leave it out). For Qwen3 run this first:",
            "",
            "```python",
            BEFORE_LOADING_QWEN3.rstrip(),
            "```",
            "",
        ]
    return lines
