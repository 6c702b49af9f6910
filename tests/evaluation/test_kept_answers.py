"""Laws of kept answers: what was written whole is there again, what was torn is asked again, nothing is mixed up."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adaptlab.errors import RecordError
from adaptlab.evaluation.kept_answers import KeptAnswers


def test_answers_are_there_again(tmp_path: Path) -> None:
    first = KeptAnswers(tmp_path, {"model": "a"})
    first.add({"x": {"text": "one"}, "y": {"text": "zwei\nüber"}})
    first.add({"z": {"text": ""}})
    again = KeptAnswers(tmp_path, {"model": "a"})
    assert again.outcomes == first.outcomes and set(again.outcomes) == {"x", "y", "z"}


def test_another_identity_has_other_answers(tmp_path: Path) -> None:
    KeptAnswers(tmp_path, {"model": "a", "adapter": "one"}).add({"x": 1})
    assert KeptAnswers(tmp_path, {"model": "a", "adapter": "two"}).outcomes == {}
    assert KeptAnswers(tmp_path, {"adapter": "one", "model": "a"}).outcomes == {"x": 1}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 10_000), st.dictionaries(st.text(min_size=1), st.text(), min_size=1, max_size=5))
def test_a_file_cut_anywhere_gives_back_every_whole_line(tmp_path: Path, cut: int, answers: dict[str, str]) -> None:
    whole = KeptAnswers(tmp_path, {"a": 1})
    whole.path.unlink()
    whole = KeptAnswers(tmp_path, {"a": 1})
    for key, value in answers.items():
        whole.add({key: value})
    content = whole.path.read_bytes()
    cut = cut % (len(content) + 1)
    whole.path.write_bytes(content[:cut])
    survivors = content[:cut].count(b"\n") - 1
    again = KeptAnswers(tmp_path, {"a": 1})
    assert again.outcomes == dict(list(answers.items())[: max(0, survivors)])
    again.add({"new": "value"})
    assert KeptAnswers(tmp_path, {"a": 1}).outcomes == again.outcomes


def test_damage_before_the_last_line_is_said(tmp_path: Path) -> None:
    kept = KeptAnswers(tmp_path, {"a": 1})
    kept.add({"x": 1})
    kept.path.write_bytes(kept.path.read_bytes().replace(b'"outcome"', b"outcome"))
    with pytest.raises(RecordError, match="damaged"):
        KeptAnswers(tmp_path, {"a": 1})


def test_processes_that_share_a_file_lose_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from adaptlab.evaluation.kept_answers import KeptAnswers\n"
        "for number in range(12):\n"
        "    KeptAnswers(Path(sys.argv[1]), {'a': 1}).add({f'{sys.argv[2]}.{number}': 'x' * 2_000_000})"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name], stderr=subprocess.PIPE, text=True)
        for name in "bcd"
    ]
    for process in processes:
        _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert set(KeptAnswers(tmp_path, {"a": 1}).outcomes) == {f"{name}.{n}" for name in "bcd" for n in range(12)}
