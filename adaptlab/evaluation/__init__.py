"""Measure methods on tasks: what answers, under which condition, scored how, kept as records."""

from adaptlab.evaluation.answering import Question, Responder
from adaptlab.evaluation.records import read_record, write_record

__all__ = ["Question", "Responder", "read_record", "write_record"]
