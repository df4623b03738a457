"""`logagent dataset review`."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evals.dataset.cases import Case, read_cases, write_cases
from evals.dataset.commands.results import AsJson, Seed, errors_in_a_sentence, print_json
from evals.dataset.extraction.candidate import is_candidates, read_candidates
from evals.dataset.reviewing.conversation import ask, digest, show
from evals.dataset.reviewing.verdict import Verdict, agreement, append, labelled, read_verdicts
from retrieval.errors import BadInput


def review(
    dataset: Annotated[Path, typer.Argument(help="Cases, or candidates of `extract`; the file is not changed.")],
    reviewer: Annotated[str, typer.Option(help="Who is reviewing.")],
    out: Annotated[Path, typer.Option(help="The file of verdicts, one a line; new ones are added.")] = Path(
        "verdicts.jsonl"
    ),
    accepted: Annotated[Path, typer.Option(help="Where candidates go that became cases; new ones are added.")] = Path(
        "accepted.jsonl"
    ),
    only: Annotated[list[str] | None, typer.Option(metavar="ID", help="This case only; may be given again.")] = None,
    summary: Annotated[bool, typer.Option(help="Ask nothing: say how far the verdicts agree with the labels.")] = False,
    seed: Seed = 7,
    as_json: AsJson = False,
) -> None:
    """Show cases without their labels, take a person's verdict on each, and say how far the two agree.

    Those that the reviewer has judged already are passed over; Ctrl-C ends the review, and nothing is lost. How to
    label is told in evals/dataset/labelling-guide.md.
    """
    with errors_in_a_sentence():
        candidates = is_candidates(dataset)
        cases = [each.draft() for each in read_candidates(dataset)] if candidates else read_cases(dataset)
        done = [verdict for verdict in read_verdicts(out) if verdict.reviewer == reviewer]
        kept = read_cases(accepted) if candidates and accepted.exists() else []
        left = [] if summary else _left(cases, done, only or [], seed)
    for number, case in enumerate(left, start=1):
        typer.echo(f"\n[{number}/{len(left)}]", err=True)
        show(case)
        verdict = ask(case, reviewer, candidate=candidates)
        append(out, verdict)
        done.append(verdict)
        if candidates and verdict.decision != "reject":
            kept = [each for each in kept if each.id != case.id] + [labelled(case, verdict)]
            write_cases(accepted, kept)
    _show(cases, done, as_json=as_json)


def _left(cases: Sequence[Case], done: Sequence[Verdict], only: Sequence[str], seed: int) -> list[Case]:
    """The cases to show, in a seeded order so that a review that is stopped early is a fair sample."""
    unknown = sorted(set(only) - {case.id for case in cases})
    if unknown:
        raise BadInput(f"there is no case {unknown[0]!r} in the dataset")
    seen = {(verdict.id, verdict.case_sha256) for verdict in done}
    left = [case for case in cases if (case.id, digest(case)) not in seen and (not only or case.id in only)]
    random.Random(seed).shuffle(left)  # noqa: S311  # repeatable, nothing secret
    return left


def _show(cases: Sequence[Case], verdicts: Sequence[Verdict], *, as_json: bool) -> None:
    by_id = {case.id: case for case in cases}
    judged = [(verdict, by_id[verdict.id]) for verdict in verdicts if verdict.id in by_id]
    labels = {}
    for name in ("status", "severity", "category", "component"):
        pairs = [(str(getattr(verdict, name)), str(getattr(case.expected, name))) for verdict, case in judged]
        share, kappa = agreement(pairs)
        labels[name] = {"n": len(pairs), "agree": round(share, 4), "kappa": round(kappa, 4)}
    differing = [{"id": case.id, "labels": verdict.differs(case)} for verdict, case in judged if verdict.differs(case)]
    decisions = {
        name: sum(verdict.decision == name for verdict, _ in judged) for name in ("accept", "correct", "reject")
    }
    if as_json:
        print_json({"reviewed": len(judged), "labels": labels, "decisions": decisions, "differing": differing})
        return
    for name, figures in labels.items():
        typer.echo(f"{name:<10} agree {figures['agree']:.0%}, kappa {figures['kappa']:.2f}, n={figures['n']}")
    for row in differing:
        typer.echo(f"{row['id']}: {', '.join(row['labels'])}")
