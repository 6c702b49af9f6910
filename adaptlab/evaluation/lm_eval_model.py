"""Let lm-evaluation-harness ask a model with a generated adapter: its requests -> our answers.

    pip install -e '.[lm-eval]'
    adaptlab lm-eval --model adaptlab --model_args '{"checkpoint": "...", "description": "..."}' --tasks arc_easy

lm-evaluation-harness has no way to announce models of other packages, so `adaptlab lm-eval` registers this one and
hands over to its command line; in Python, importing this module is enough. Its cache should stay off: it goes by
the text of a request, and would answer for one adapter with what another said.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from lm_eval.api.registry import register_model

from adaptlab.basemodels import load_base_model
from adaptlab.errors import ConfigurationError
from adaptlab.evaluation.adaptations import Adaptation, OneAdapter, Unadapted
from adaptlab.evaluation.asking import Asker, Generation
from adaptlab.evaluation.runs import load_trained
from adaptlab.tasks.benchmark_items import Item

MODEL = "packaged:smollm2-135m-instruct"


@register_model("adaptlab")
class AdaptedLM(LM):  # type: ignore[misc]
    """A frozen model with the adapter that a checkpoint emits from a description, or as it is.

    Args:
        checkpoint: of `adaptlab fit`; the frozen model alone without one.
        description: what the adapter is made from.
        base_model: the frozen model, where there is no checkpoint.
        dtype: of that model.
        batch_size: choices that are scored, or answers that are generated at once.
        max_new_tokens: where an answer is cut if a task does not say.

    What else lm-evaluation-harness hands over, such as a device, is ignored; the model stays where it was loaded.

    Raises:
        ConfigurationError: a checkpoint without a description, or a generator that reads inputs.
    """

    def __init__(
        self,
        checkpoint: str | None = None,
        description: str = "",
        base_model: str = MODEL,
        dtype: str = "float32",
        batch_size: int | str = 32,
        max_new_tokens: int = 256,
        **_: Any,
    ) -> None:
        super().__init__()
        self.adaptation: Adaptation = Unadapted()
        if checkpoint is None:
            base = load_base_model(base_model, dtype)
            model, tokenizer = base.model, base.tokenizer
        else:
            model, tokenizer = self._adapted(Path(checkpoint), description)
        rows = int(batch_size) if str(batch_size).isdigit() else 32
        self.asker = Asker(model, tokenizer, {}, rows, Path())
        self.max_new_tokens = max_new_tokens

    def _adapted(self, checkpoint: Path, description: str) -> tuple[Any, Any]:
        trained = load_trained(checkpoint)
        module = trained.module
        reads = trained.rebuilt.condition == "description" and module.tuner is None
        if not description.strip() or not reads:
            raise ConfigurationError("give a description, and a checkpoint whose generator reads descriptions")
        with torch.no_grad():
            vector = trained.encoder.encode([description], ["described"]).vectors
            emitted = module.generator(vector.to(module.frozen_model.device))
        self.adaptation = OneAdapter.from_parameters(module.frozen_model, module.adapter_families, emitted)
        return module.frozen_model, module.tokenizer

    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Log-likelihood of each continuation, and whether it is greedy; choices of one question are read together."""
        questions: dict[Any, list[int]] = {}
        for index, request in enumerate(requests):
            questions.setdefault((request.task_name, request.doc_id, request.metadata[2]), []).append(index)
        items = [
            _item(number, [requests[index].args[0] for index in own], [requests[index].args[1] for index in own])
            for number, own in enumerate(questions.values())
        ]
        found: dict[str, Any] = {}
        with torch.no_grad():
            for outcomes in self.asker.scored(items, "", self.adaptation):
                found |= outcomes
        answers: list[tuple[float, bool]] = [(0.0, False)] * len(requests)
        for item, own in zip(items, questions.values(), strict=True):
            outcome = found[item.example]
            for place, index in enumerate(own):
                answers[index] = outcome["log_likelihoods"][place], outcome["greedy"][place]
        return answers

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """Log-likelihood of whole texts, each of which the model must be able to read at once."""
        items = [_item(number, [""], [request.args[0]]) for number, request in enumerate(requests)]
        found: dict[str, Any] = {}
        with torch.no_grad():
            for outcomes in self.asker.scored(items, "", self.adaptation):
                found |= outcomes
        return [float(found[item.example]["log_likelihoods"][0]) for item in items]

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Greedy answers, cut at each request's stops."""
        answers = [""] * len(requests)
        groups: dict[str, list[int]] = {}
        for index, request in enumerate(requests):
            groups.setdefault(json.dumps(request.args[1], sort_keys=True, default=str), []).append(index)
        for own in groups.values():
            settings = requests[own[0]].args[1]
            if settings.get("do_sample") or settings.get("temperature", 0):
                raise ConfigurationError("answers are greedy here; leave sampling out of the task's settings")
            until = settings.get("until") or []
            stops = [until] if isinstance(until, str) else list(until)
            most = int(settings.get("max_gen_toks", self.max_new_tokens))
            items = [_item(index, [requests[index].args[0]], []) for index in own]
            with torch.no_grad():
                for outcomes in self.asker.generated(items, "", self.adaptation, Generation(stops, most)):
                    for item in items:
                        if item.example in outcomes:
                            answers[item.row] = outcomes[item.example]["texts"][0]
        return answers


def _item(number: int, contexts: Sequence[str], continuations: Sequence[str]) -> Item:
    content = json.dumps([number, *contexts, *continuations])
    example = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Item("lm-eval", number, example, tuple(contexts), tuple(continuations), (), (), None, {})


def lm_eval(arguments: list[str]) -> None:
    """Run lm-evaluation-harness's own command line, to which this module has added the model `adaptlab`."""
    from lm_eval.__main__ import cli_evaluate

    sys.argv = ["lm_eval", *arguments]
    cli_evaluate()
