"""The commands that keep adapters: a library -> entries added, listed, checked, counted and removed."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adaptlab.adapters import AdapterFamily, AdapterLibrary, BaseModelName, LoRA, LoReFT, build_family, sites_of
from adaptlab.adapters.interchange import read_peft, read_pyreft
from adaptlab.basemodels import fingerprint, list_sites, load_base_model
from adaptlab.contracts import AdapterParameters
from adaptlab.errors import LibraryError
from adaptlab.evaluation.runs import Trained, load_trained
from adaptlab.tasks import load_suite
from adaptlab.training.start_from import read_start


def add(library: Path, checkpoint: Path, only: list[str] | None = None) -> None:
    """Put the adapters of a run into a library: each task's own from a `TaskTable`, or those that a generator emits.

    The library is made where there is none. An entry of the same name is replaced.

    Args:
        library: its folder.
        checkpoint: of `adaptlab fit`.
        only: names of tasks; all that the run was trained on when None.
    """
    trained = load_trained(checkpoint)
    if trained.module.tuner is not None:
        raise LibraryError(f"{checkpoint} trained something inside its base model; a library holds adapters")
    names = _trained_tasks(trained)
    unknown = sorted(set(only or ()) - set(names))
    if unknown:
        raise LibraryError(f"{checkpoint} was not trained on {unknown[0]!r}")
    held_back = _held_back_losses(checkpoint, names)
    kept = _open_or_create(library, trained.module.weights, trained.module.adapter_families)
    tasks = {task.name: task for task in load_suite(trained.config["data"]["suite"]).all_tasks}
    for name in track(only or names, "adding", console=Console(stderr=True), transient=True):
        provenance = {
            "checkpoint": str(checkpoint),
            "generator": type(trained.module.generator).__name__,
            "seed": trained.seed,
            "training_time_seconds": trained.cost["training_time_seconds"],
            "tokens": trained.cost.get("tokens", 0),
            "prompt": dict(vars(trained.prompt)),
            "date": time.strftime("%Y-%m-%d"),
            "overlaps": list(tasks[name].overlaps),
            **({"held_back_loss": held_back[name]} if name in held_back else {}),
        }
        kept.add(name, _adapter(trained, name, tasks[name].descriptions[0]), provenance)
    print(f"{library} holds {len(kept)} adapters")


def _trained_tasks(trained: Trained) -> list[str]:
    known = trained.encoder.known_tasks
    if known is None:
        raise LibraryError(
            "this run has no adapters of its own tasks: it emits them from descriptions; `adaptlab generate` gives one"
        )
    return list(known)


def _adapter(trained: Trained, name: str, description: str) -> AdapterParameters:
    vector = trained.encoder.encode([description], [name]).vectors
    emitted: AdapterParameters = trained.module.generator(vector)
    return emitted


def _held_back_losses(checkpoint: Path, names: Sequence[str]) -> dict[str, float]:
    """Each task's loss with the parameters it kept, where the run stopped tasks one by one.

    Raises:
        LibraryError: tasks still go on, and do not have their best parameters yet.
    """
    read = read_start(checkpoint)
    watches = [state for key, state in read.get("callbacks", {}).items() if key.startswith("StopTasks")]
    if not watches:
        return {}
    (watch,) = watches
    if any(
        not torch.equal(read["state_dict"][f"generator.tables.{name}"], best) for name, best in watch["best"].items()
    ):
        raise LibraryError(f"the run of {checkpoint} has not ended; go on with `adaptlab fit ... --ckpt_path auto`")
    return dict(zip(names, watch["loss"].tolist(), strict=True))


def _open_or_create(folder: Path, weights: Mapping[str, str], families: Sequence[AdapterFamily]) -> AdapterLibrary:
    name = BaseModelName(**weights)
    if not (folder / "index.json").exists():
        return AdapterLibrary.create(folder, name, families)
    library = AdapterLibrary.open(folder)
    library.refuse_other_base_model(name)
    kept = [dict(family.settings) for family in library.families]
    if kept != [dict(family.settings) for family in families]:
        raise LibraryError(f"{folder} holds adapters with other settings, {kept}")
    return library


def take_in(
    library: Path,
    folder: Path,
    name: str,
    form: Literal["peft", "pyreft"],
    base_model: str = "",
    dtype: str | None = None,
    family: dict[str, Any] | None = None,
) -> None:
    """Add an adapter that PEFT or pyreft saved.

    Args:
        library: its folder; made where there is none, which needs the base model and the family.
        folder: what `save_pretrained` or `ReftModel.save` wrote.
        name: of the new entry; a task's name for one.
        form: who wrote it.
        base_model: for a new library, what the adapter belongs to.
        dtype: of that model; float32 when None.
        family: for a new library, settings such as `{rank: 8, alpha: 16, targets: [q_proj, v_proj]}`.
    """
    there = (library / "index.json").exists()
    if there:
        kept = AdapterLibrary.open(library)
        weights, families = kept.base_model, kept.families
        _refuse_other_settings(kept, base_model, dtype, family or {})
    elif not base_model:
        raise LibraryError(f"{library} is new: say --base_model and --family, which all of its entries share")
    else:
        dtype = dtype or "float32"
        base = load_base_model(base_model, dtype)
        settings = {"family": "lora" if form == "peft" else "loreft", **(family or {})}
        weights = BaseModelName(base_model, dtype, fingerprint(base.model))
        families = (build_family(settings, list_sites(base.model)),)
    (only,) = families if len(families) == 1 else (None,)
    if form == "peft" and isinstance(only, LoRA):
        adapter = read_peft(folder, only)
    elif form == "pyreft" and isinstance(only, LoReFT):
        adapter = read_pyreft(folder, only)
    else:
        raise LibraryError(f"{library} holds {'+'.join(one.name for one in families)}, which {form} does not write")
    if not there:  # only now, so that settings which do not fit the adapter leave no library behind
        kept = AdapterLibrary.create(library, weights, families)
    kept.add(name, adapter, {"from": str(folder), "form": form, "date": time.strftime("%Y-%m-%d")})
    print(f"{library} holds {len(kept)} adapters")


def _refuse_other_settings(
    library: AdapterLibrary, base_model: str, dtype: str | None, settings: Mapping[str, Any]
) -> None:
    """Refuse settings of a new library that a library which is there does not have."""
    name, have = library.base_model.name, library.base_model.dtype
    if base_model not in ("", name) or dtype not in (None, have):
        raise LibraryError(f"{library.folder} is for {name} in {have}; name another folder")
    for family in library.families:
        asked = build_family({**family.settings, **settings}, sites_of(library.families)).settings
        if any(_unordered(asked[key]) != _unordered(value) for key, value in family.settings.items()):
            raise LibraryError(f"{library.folder} has {family.settings}, not {dict(settings)}; name another folder")


def _unordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple) else value


def list_entries(library: Path) -> None:
    """List a library's entries and where they came from.

    Args:
        library: its folder.
    """
    kept = AdapterLibrary.open(library)
    table = Table("entry", "from", "seed", "held-back loss", "date", box=MARKDOWN)
    for name, entry in sorted(kept.entries.items()):
        known = entry["provenance"]
        loss = known.get("held_back_loss")
        table.add_row(
            name,
            str(known.get("checkpoint", known.get("from", ""))),
            str(known.get("seed", "")),
            "" if loss is None else f"{loss:.3f}",
            str(known.get("date", "")),
        )
    Console(width=200).print(table)


def verify(library: Path) -> None:
    """Read every entry, compare its digest, shapes and values; name those that are not as they were written.

    Args:
        library: its folder.

    Raises:
        LibraryError: naming every broken entry.
    """
    kept = AdapterLibrary.open(library)
    problems = kept.verify()
    if problems:
        raise LibraryError("\n".join([f"{len(problems)} of {len(kept)} entries are broken:", *problems]))
    print(f"all {len(kept)} entries are whole")


def remove(library: Path, names: list[str]) -> None:
    """Remove entries and their files.

    Args:
        library: its folder.
        names: of entries, as a list: `[antonym, plural]`.
    """
    kept = AdapterLibrary.open(library)
    for name in names:
        kept.remove(name)
    print(f"{library} holds {len(kept)} adapters")


def stats(library: Path, checkpoint: Path | None = None) -> None:
    """Count a library's parameters and bytes; with a checkpoint, how far its generator compresses them.

    Args:
        library: its folder.
        checkpoint: a generator that gives out all of the library's adapters.
    """
    kept = AdapterLibrary.open(library)
    each = sum(group.parameters_per_task for group in kept.groups)
    table = Table("what", "parameters", "bytes", box=MARKDOWN)
    table.add_row("one adapter", f"{each:,}", f"{kept.bytes // max(1, len(kept)):,}")
    table.add_row(f"the library of {len(kept)}", f"{kept.parameters:,}", f"{kept.bytes:,}")
    if checkpoint is not None:
        state = read_start(checkpoint)["state_dict"]
        held = [value for name, value in state.items() if name.startswith("generator.")]
        count = sum(value.numel() for value in held)
        size = sum(value.numel() * value.element_size() for value in held)
        table.add_row("the generator", f"{count:,}", f"{size:,}")
        table.add_row("library / generator", f"{kept.parameters / count:.2f}", f"{kept.bytes / size:.2f}")
    Console(width=120).print(table)


COMMANDS: dict[str, Any] = {
    "add": add,
    "import": take_in,
    "list": list_entries,
    "verify": verify,
    "remove": remove,
    "stats": stats,
}


def library(arguments: Sequence[str]) -> None:
    """Run `adaptlab library COMMAND ...`."""
    from jsonargparse import auto_cli

    auto_cli(COMMANDS, args=list(arguments), prog="adaptlab library")
