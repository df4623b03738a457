"""ROUGE of the summary (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004), by rouge-score."""

from collections.abc import Sequence

from evals.metrics.metric import Metric, mean
from evals.triage.prediction import Scored


def rouge(scored: Sequence[Scored]) -> dict[str, Metric]:
    """Mean F1 of ROUGE-1, -2 and -L, stemmed, over cases with an expected summary. 0 to 1, higher is better."""
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415  takes a second to import

    names = ("rouge1", "rouge2", "rougeL")
    scorer = RougeScorer(list(names), use_stemmer=True)
    scores = [
        scorer.score(one.expected.summary, one.prediction.summary if one.prediction else "")
        for one in scored
        if one.expected.summary
    ]
    return {name: mean([score[name].fmeasure for score in scores]) for name in names}
