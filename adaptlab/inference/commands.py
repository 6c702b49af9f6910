"""The commands that use a trained generator: `adaptlab generate`, `adaptlab chat` and `adaptlab release`."""

import re
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser, Namespace
from pathlib import Path
from typing import get_args

import torch
from rich.console import Console
from rich.progress import track

from adaptlab.adapters import unmerge
from adaptlab.basemodels import BaseModel, fingerprint, load_base_model, load_tokenizer
from adaptlab.errors import ConfigurationError
from adaptlab.files import written_whole
from adaptlab.inference.adapter import Adapter, Format
from adaptlab.inference.chat import Chat, adapted, answers
from adaptlab.inference.load import AdapterGenerator, load
from adaptlab.inference.shipped import shipped_generators
from adaptlab.inference.warned import warnings_to
from adaptlab.tasks import PromptFormat
from adaptlab.training.released import write_released
from adaptlab.training.start_from import read_start


def generate(arguments: list[str]) -> None:
    """Run `adaptlab generate CHECKPOINT "description" ...`: one adapter a description, in one pass."""
    parser = _parser("generate", "Emit adapters from descriptions: saved in a format of your choice, or tried out.")
    parser.add_argument("description", nargs="?", default=None, help="what the task is, in a sentence")
    parser.add_argument("--descriptions", type=Path, metavar="FILE", help="one description a line; all in one pass")
    parser.add_argument("--out", type=Path, metavar="DIR", help="new folder; with --descriptions, a folder of folders")
    parser.add_argument("--format", choices=get_args(Format), default="adaptlab", help="who is to read the adapter")
    parser.add_argument("--merge", action="store_true", help="write the base model with the LoRA in its weights")
    parser.add_argument("--inputs", nargs="+", metavar="TEXT", default=[], help="let the adapted model answer these")
    chosen = parser.parse_args(arguments)
    if not chosen.out and not chosen.inputs:
        raise ConfigurationError("say what to do with the adapter: --out DIR saves it, --inputs TEXT ... tries it out")
    descriptions = _descriptions(chosen)
    if chosen.merge and (len(descriptions) > 1 or not chosen.out):
        raise ConfigurationError("--merge writes one model: give one description and --out DIR")
    if chosen.merge and chosen.format != parser.get_default("format"):
        raise ConfigurationError("--merge writes a whole model, which any library reads; leave --format out")
    generator = load(chosen.checkpoint)
    with warnings_to(Console(stderr=True)):
        adapters = generator.adapters(descriptions, chosen.strength)
    if chosen.family:
        adapters = [adapter.only(chosen.family) for adapter in adapters]
    base = _base(generator, chosen.base_model) if chosen.inputs or chosen.merge else None
    if chosen.out:
        _save(adapters, descriptions, chosen, base)
    if base is not None and chosen.inputs:
        for adapter in adapters:
            _try_out(adapter, base, generator.emitter.prompt, chosen.inputs)


def chat(arguments: list[str]) -> None:
    """Run `adaptlab chat CHECKPOINT "description"`: talk to the base and the adapted model side by side."""
    parser = _parser("chat", "Talk to the base model and the adapted one side by side; change the description live.")
    parser.add_argument("description", help="what the task is, in a sentence")
    parser.add_argument("--max-new-tokens", type=int, default=48, help="where an answer is cut")
    chosen = parser.parse_args(arguments)
    generator = load(chosen.checkpoint)
    base = _base(generator, chosen.base_model)
    Chat(generator, base, chosen.description, chosen.strength, chosen.family, chosen.max_new_tokens).run()


def release(arguments: list[str]) -> None:
    """Run `adaptlab release CHECKPOINT --out DIR`: the generator by itself, in safetensors, without training state."""
    parser = ArgumentParser("adaptlab release", description="Write a trained generator as others may use it.")
    parser.add_argument("checkpoint", type=Path, help="of `adaptlab fit`")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder")
    parser.add_argument(
        "--dtype",
        choices=("float32", "float16", "bfloat16"),
        default="float16",
        help="of the saved parameters (default: float16)",
    )
    chosen = parser.parse_args(arguments)
    if chosen.out.exists():
        raise ConfigurationError(f"{chosen.out} exists already; name a new folder")
    checkpoint = read_start(chosen.checkpoint)
    with written_whole(chosen.out) as aside:
        write_released(checkpoint, aside, getattr(torch, chosen.dtype))
        load(aside)  # what cannot be loaded is no release
    size = sum(file.stat().st_size for file in chosen.out.iterdir())
    print(f"wrote {chosen.out}, {size / 1e6:.1f} MB")


def _parser(name: str, text: str) -> ArgumentParser:
    shipped = ", ".join(shipped_generators())
    parser = ArgumentParser(f"adaptlab {name}", description=text, formatter_class=ArgumentDefaultsHelpFormatter)
    which = f"of `adaptlab fit`, the folder of a released generator, or one that ships: {shipped}"
    parser.add_argument("checkpoint", help=which)
    parser.add_argument("--strength", type=float, default=1.0, help="how many times the adapter's effect")
    parser.add_argument("--family", default=None, help="which family, where the generator emits several")
    parser.add_argument("--base_model", default=None, help="where to load the base model from, if not as in training")
    return parser


def _descriptions(chosen: Namespace) -> list[str]:
    if (chosen.description is None) == (chosen.descriptions is None):
        raise ConfigurationError("give one description, or --descriptions FILE with one a line")
    if chosen.description is not None:
        return [chosen.description]
    try:
        lines = chosen.descriptions.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{chosen.descriptions} cannot be read ({error})") from error
    found = [line.strip() for line in lines if line.strip()]
    if not found:
        raise ConfigurationError(f"{chosen.descriptions} holds no description; write one a line")
    return found


def _base(generator: AdapterGenerator, name: str | None) -> BaseModel:
    known = generator.emitter.base_model
    base = load_base_model(name or known.name, known.dtype)
    if fingerprint(base.model) != known.fingerprint:
        raise ConfigurationError(
            f"the generator was trained on {known.name} (weights {known.fingerprint}), not on {base.name} (weights "
            f"{fingerprint(base.model)}); use its own base model"
        )
    return base


def _try_out(adapter: Adapter, base: BaseModel, prompt: PromptFormat, texts: list[str]) -> None:
    said = answers(adapted(base, prompt, lambda: adapter), texts, adapter.provenance["description"])
    print("\n".join(f"{text}  ->  {answer}" for text, answer in zip(texts, said, strict=True)))


def _save(adapters: list[Adapter], descriptions: list[str], chosen: Namespace, base: BaseModel | None) -> None:
    if chosen.merge and base is not None:
        _save_merged(adapters[0], base, chosen.out)
        return
    if chosen.descriptions is None:
        print(f"wrote {adapters[0].save(chosen.out, chosen.format)}")
        return
    digits = len(str(len(adapters)))
    numbered = [(f"{index:0{digits}}-{_slug(text)}", index - 1) for index, text in enumerate(descriptions, 1)]
    for name, index in track(numbered, "writing", console=Console(stderr=True), transient=True):
        adapters[index].save(chosen.out / name, chosen.format)
    print(f"wrote {len(adapters)} adapters to {chosen.out}")


def _save_merged(adapter: Adapter, base: BaseModel, out: Path) -> None:
    if out.exists():
        raise ConfigurationError(f"{out} exists already; name a new folder")
    before = adapter.merge_into(base.model)
    with written_whole(out) as aside:
        base.model.save_pretrained(aside)
        load_tokenizer(base.name).save_pretrained(aside)
    unmerge(base.model, before)
    print(f"wrote {out}, the base model with the adapter in its weights")


def _slug(text: str) -> str:
    """A few words of a description, as a folder may be called."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower())[:6])[:60] or "adapter"
