"""Key lines: whether the cited lines hold those that an engineer would point at."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, mean, proportion
from evals.triage.prediction import Scored


def key_line_hit(scored: Sequence[Scored]) -> Metric:
    """Cases with at least one key line among the cited lines / cases that have key lines. 0 to 1, higher is better."""
    return proportion([bool(_found(one)) for one in _with_key_lines(scored)])


def key_line_recall(scored: Sequence[Scored]) -> Metric:
    """Mean over cases of cited key lines / key lines. 0 to 1, higher is better."""
    return mean([len(_found(one)) / len(one.expected.key_lines) for one in _with_key_lines(scored)])


def key_line_precision(scored: Sequence[Scored]) -> Metric:
    """Mean over cases of citations that hold a key line / citations of log lines. 0 to 1, higher is better.

    A citation counts once however often its line came; cases that cite no line are left out.
    """
    shares = []
    for one in _with_key_lines(scored):
        cited = [citation for citation in one.prediction.citations if citation.lines] if one.prediction else []
        keys = set(one.expected.key_lines)
        if cited:
            shares.append(sum(bool(keys & set(citation.lines)) for citation in cited) / len(cited))
    return mean(shares)


def _with_key_lines(scored: Sequence[Scored]) -> list[Scored]:
    return [one for one in scored if one.expected.key_lines]


def _found(one: Scored) -> set[int]:
    return set(one.expected.key_lines) & set(one.prediction.key_lines) if one.prediction else set()
