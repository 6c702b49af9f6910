"""The command `adaptlab fit`: configuration files and options -> a trained generator and its checkpoints."""

import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from jsonargparse import set_parsing_settings
from lightning import LightningDataModule, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from adaptlab.basemodels import fast_dtype
from adaptlab.errors import ConfigurationError, TrainingError
from adaptlab.training.adaptation import SupervisedAdaptation
from adaptlab.training.checkpoints import KeepLast, SafeCheckpointIO, previous
from adaptlab.training.curves import TaskCurves
from adaptlab.training.datamodule import TaskDataModule
from adaptlab.training.dry_run import dry_run
from adaptlab.training.guards import Guards
from adaptlab.training.interruption import EXIT_CODE, Interrupted, StopOnSignal
from adaptlab.training.library_data import LibraryDataModule
from adaptlab.training.module import Adaptation
from adaptlab.training.progress import ProgressLines, RunCost
from adaptlab.training.randomness import RandomnessOfStep
from adaptlab.training.reconstruction import ReconstructionAdaptation

DESCRIPTION = """Train a generator of adapters through a frozen language model.

A configuration names the base model, the adapter families (LoRA, LoReFT), the generator and the tasks; later files
and options overrule earlier ones, and a base.yaml beside the first file is read before it:

  adaptlab fit --config experiments/text_to_lora.yaml --data.batch_size 64

With `objective: reconstruction` a hypernetwork learns the adapters of a library instead, without a language model:

  adaptlab fit --config experiments/reconstruction/lora.yaml --data.library libraries/lora
"""


LESS_MEMORY = (
    "lower data.batch_size (and raise trainer.accumulate_grad_batches as much), set model.gradient_checkpointing, use "
    "model.dtype bfloat16, split the base model over processes with model.shard_base_model, or adapt fewer layers"
)

EXPECTED_WARNINGS = (
    "LightningCLI's args parameter",  # given, since DDP's processes repeat sys.argv, which therefore stays as it was
    ".*module.s. in eval mode at the start of training",  # the frozen model, on purpose
    ".*isinstance.treespec, LeafSpec.",  # Lightning's own
    ".*does not have many workers",  # tokenising a batch takes a hundredth of a step
    ".*Checkpoint directory .* exists and is not empty",  # a run that is repeated replaces its checkpoints
)


class KeepConfig(SaveConfigCallback):
    """Write the resolved configuration beside the run and into its checkpoints."""

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if trainer.is_global_zero and stage == "fit":
            path = Path(trainer.default_root_dir) / self.config_filename
            path.parent.mkdir(parents=True, exist_ok=True)
            self.parser.save(self.config, path, skip_none=False, overwrite=True, multifile=False)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["config"] = self.parser.dump(self.config, skip_none=False)


class FitCLI(LightningCLI):
    """LightningCLI with interpolation across files, our callbacks, and no hidden optimiser or scheduler."""

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        parser.add_lightning_class_args(ModelCheckpoint, "checkpoint")
        parser.add_argument(
            "--objective",
            choices=list(OBJECTIVES),
            default=next(name for name, (module, _) in OBJECTIVES.items() if module is self._model_class),
            help="through the frozen model, or against a library of adapters; decides what model and data may hold",
        )
        parser.add_argument(
            "--ckpt_path",
            type=Path | None,
            default=None,
            help="go on from this checkpoint; `auto` takes the run's own last one, where there is one yet",
        )
        parser.add_argument(
            "--save_every_n_steps", type=int, default=100, help="how often checkpoints/last.ckpt is written"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="print the configuration, parameter counts, memory and time of a few real steps; write nothing",
        )
        parser.add_argument(
            "--deterministic",
            action="store_true",
            help="only algorithms that give the same bits again, on GPUs too; an error where there is none",
        )
        parser.set_defaults(
            {
                "checkpoint.monitor": "validation/exact_match",
                "checkpoint.mode": "max",
                "checkpoint.filename": "best",
                "checkpoint.enable_version_counter": False,
            }
        )

    def before_instantiate_classes(self) -> None:
        """Hand `--deterministic` to the trainer, and name the type that `auto` stands for, so that it is kept."""
        if self.config.model.get("dtype") == "auto":
            self.config.model.dtype = fast_dtype(str(self.config.trainer.accelerator))
        if self.config.deterministic:
            self.config.trainer.deterministic = True

    def _parse_ckpt_path(self) -> None:
        """Leave the configuration as given: a checkpoint's hyperparameters never overrule the command line."""


OBJECTIVES: dict[str, tuple[type[Adaptation], type[LightningDataModule]]] = {
    "supervised": (SupervisedAdaptation, TaskDataModule),
    "reconstruction": (ReconstructionAdaptation, LibraryDataModule),
}


def objective_of(arguments: list[str]) -> str:
    """What a run is trained for, which decides what a configuration may hold: the option, or the last file's word.

    Raises:
        ConfigurationError: there is no such objective.
    """
    found = "supervised"
    for index, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        value = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
        if flag in ("-c", "--config") and Path(value).is_file():
            held = OmegaConf.load(value)
            found = str(held.get("objective", found)) if isinstance(held, DictConfig) else found
    for index, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag == "--objective":
            found = value or (arguments[index + 1] if index + 1 < len(arguments) else "")
    if found not in OBJECTIVES:
        raise ConfigurationError(f"no objective {found!r}; there are {', '.join(OBJECTIVES)}")
    return found


def trainer_defaults() -> dict[str, Any]:
    """Defaults of the trainer that every run shares."""
    return {
        "accelerator": "auto",
        "use_distributed_sampler": False,
        "gradient_clip_val": 1.0,
        "default_root_dir": "runs/fit",
        "log_every_n_steps": 10,
        "num_sanity_val_steps": 0,
    }


def fit(arguments: list[str]) -> None:
    """Run `adaptlab fit` with these arguments."""
    set_parsing_settings(omegaconf_absolute_to_relative_paths=True)
    for expected in EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", expected)
    arguments = with_base(arguments)
    objective = objective_of(arguments)
    module, data = OBJECTIVES[objective]
    cli = FitCLI(
        module,
        data,
        save_config_callback=KeepConfig,
        save_config_kwargs={"overwrite": True},
        trainer_defaults=trainer_defaults(),
        seed_everything_default=0,
        auto_configure_optimizers=False,
        parser_kwargs={"parser_mode": "omegaconf+", "prog": "adaptlab fit", "description": DESCRIPTION},
        args=arguments,
        run=False,
    )
    try:
        finish(cli)
    except (torch.OutOfMemoryError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise TrainingError(f"out of memory ({reason}); {LESS_MEMORY}") from error


def with_base(arguments: list[str]) -> list[str]:
    """Read `base.yaml` first where one lies beside the first configuration file; it holds what its siblings share."""
    for index, argument in enumerate(arguments):
        flag, _, value = argument.partition("=")
        if flag in ("-c", "--config"):
            first = Path(value or (arguments[index + 1] if index + 1 < len(arguments) else ""))
            if first.name not in ("", "base.yaml") and (base := first.with_name("base.yaml")).is_file():
                return ["--config", str(base), *arguments]
            break
    return arguments


def finish(cli: FitCLI) -> None:
    """Add what depends on the run's folder, train, and say where the checkpoint is."""
    trainer = cli.trainer
    if trainer.precision in ("bf16-true", "16-true"):
        raise ConfigurationError(
            f"trainer.precision {trainer.precision} would round what trains and lose small steps; set model.dtype "
            "for the frozen model, and at most a precision that ends in -mixed"
        )
    if cli.config.dry_run:
        configuration = cli.parser.dump(cli.config, skip_none=True)
        dry_run(trainer, cli.model, cli.datamodule, configuration)
        return
    root = Path(trainer.default_root_dir)
    folder = str(root / "checkpoints")
    last = Path(folder) / "last.ckpt"
    going_on = checkpoint_to_go_on_from(cli.config.ckpt_path, last)
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, ModelCheckpoint):
            callback.dirpath = callback.dirpath or folder
    trainer.strategy.checkpoint_io = SafeCheckpointIO()
    if cli.config.trainer.logger in (None, True):
        logs = log_folder(root, resumed=going_on is not None)
        if going_on is None:
            clear_logs(root)
        trainer.loggers = [CSVLogger(root, name="", version=logs), TensorBoardLogger(root, name="", version=logs)]
    trainer.callbacks += [  # type: ignore[attr-defined]
        *(ProgressLines(), RunCost(), Guards(), RandomnessOfStep(cli.datamodule.seed)),
        *([TaskCurves(root / "task_curves.csv")] if isinstance(cli.model, SupervisedAdaptation) else []),
        *(KeepLast(last, cli.config.save_every_n_steps), StopOnSignal(last)),
    ]
    try:
        trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=going_on)
    except Interrupted as interrupted:
        print(interrupted, file=sys.stderr)
        sys.exit(EXIT_CODE)


def checkpoint_to_go_on_from(asked: Path | None, last: Path) -> Path | None:
    """The checkpoint that was asked for; `auto` asks for the run's last one and begins anew where there is none."""
    if asked != Path("auto"):
        return asked
    return last if last.exists() or previous(last).exists() else None


def log_folder(root: Path, resumed: bool) -> str:
    """Where loggers write: `logs`, or `logs-2` and so on for a run that goes on, since CSVLogger begins anew."""
    names = ("logs", *(f"logs-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not resumed or not (root / name).exists())


@rank_zero_only
def clear_logs(root: Path) -> None:
    """Remove what the loggers of an earlier run in this folder left; a run that is repeated replaces it."""
    for pattern in ("logs*/metrics.csv", "logs*/events.out.tfevents.*"):
        for file in root.glob(pattern):
            file.unlink()
