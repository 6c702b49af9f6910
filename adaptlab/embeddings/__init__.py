"""Turn task descriptions into vectors: sentence encoders, and the controls that every result is held against."""

from adaptlab.embeddings.concatenated import Concatenated
from adaptlab.embeddings.conditions import Condition, condition_vectors, condition_width, input_text
from adaptlab.embeddings.controls import OneHot, RandomText, RandomVector, Shuffled, derangement
from adaptlab.embeddings.encoder import TaskEncoder, check_descriptions
from adaptlab.embeddings.hidden_state import HiddenStateEncoder
from adaptlab.embeddings.known import KnownTasks, Nearest
from adaptlab.embeddings.sentence import SentenceEncoder
from adaptlab.embeddings.table import EmbeddingTable

__all__ = [
    "Concatenated",
    "Condition",
    "EmbeddingTable",
    "HiddenStateEncoder",
    "KnownTasks",
    "Nearest",
    "OneHot",
    "RandomText",
    "RandomVector",
    "SentenceEncoder",
    "Shuffled",
    "TaskEncoder",
    "check_descriptions",
    "condition_vectors",
    "condition_width",
    "derangement",
    "input_text",
]
