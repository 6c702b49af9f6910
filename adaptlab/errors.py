"""Name the ways a run can go wrong that its user can put right.

Every error carries one sentence that says what was wrong and what to change. The command line prints that
sentence and exits with status 2; a traceback is kept for faults of the program itself.
"""


class AdaptlabError(Exception):
    """Root of all errors that a user can put right."""


class ConfigurationError(AdaptlabError):
    """A setting contradicts another setting, or the model it is meant for."""


class TaskError(AdaptlabError):
    """A task, a description or a suite folder is missing, empty, too long or malformed."""


class BaseModelError(AdaptlabError):
    """A base model cannot be loaded, or lacks the module that was asked for."""


class CheckpointError(AdaptlabError):
    """A checkpoint is damaged, from another base model, or not one of ours."""


class LibraryError(AdaptlabError):
    """A library of adapters, or an entry of it, is missing, damaged, or does not fit."""


class TrainingError(AdaptlabError):
    """Training has gone wrong in a way that going on cannot mend."""


class DivergenceError(TrainingError):
    """A loss rose without end or gradients are no numbers; another learning rate may do better."""


class RecordError(AdaptlabError):
    """A run record is missing, damaged or cannot be compared with the others."""


class SandboxError(AdaptlabError):
    """Code that a model wrote cannot be run in isolation on this machine."""
