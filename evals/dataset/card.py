"""The card of a frozen dataset: what is in it, where it is from, how it was labelled, and where it is weak."""

from collections import Counter
from collections.abc import Sequence

from evals.dataset.analysis.analysis import Analysis
from evals.dataset.cases import Case, Origin

_TEXT = """# {name}

{total} labelled questions about windows of logs, in the case format of this project. The file is frozen: every reader
refuses it when its bytes are no longer those of sha256
`<sha256>`.

## Contents

{severities}

{origins}. {calm} cases are healthy, recovered, red herrings, or cannot be answered from the lines. All {categories}
categories are there, {components} components. {splits}

## Sources

- **Captured**: real servers, started on loopback addresses, with a fault that was really brought about, or without one
  (`evals/capture`). A capture is one run; a part of it with a question of its own is a case only where it differs: the
  healthy time before the fault, or a question that its lines do not answer (`evals/dataset/views.yaml`). Programs:
  {programs}.
- **Synthetic**: failure templates kept as data (`evals/dataset/templates`), each in the message format of the
  components that print it, with seeded values and ordinary lines around. They stand for what cannot be captured
  without a cluster.

## Labels

The author of a scenario or template wrote its labels before any answer of the program was seen, after
`evals/dataset/labelling-guide.md`. Key lines are found by expressions, not by hand: all lines that match are key lines.
The choice of cases is seeded (seed {seed}), and rare categories and programs come first. Splits are by family: no
program and no template stands in both dev and test. Tune on dev; report test.

## Known weaknesses

- One author wrote questions, faults and labels; no second opinion (`logagent dataset review`) is in this version.
- Captures are short: a fault shows within seconds and minutes, not hours, with little else around it. The bundled
  captures among them were known to those who wrote the rules of the extractive triage; a score on them flatters.
- The programs are those of Debian 12, and not always the newest; they run on one machine, with loopback addresses for
  pods and labels that were chosen for them.
- Synthetic cases were written from knowledge of the message formats; their timing, proportions and ordinary lines are
  simpler than a cluster's, and a template's phrasings share one root cause.
- Severity is a judgement: WARN for what recovered by itself or is at risk, ERROR for a failing workload, CRITICAL for a
  whole service, data or the control plane. Others may draw these lines elsewhere.
- {near} pairs of cases share 60 % or more of their masked lines{leaks}.
- Small strata: with {critical} critical cases one case moves that stratum by {step:.1f} points.
"""


def card(name: str, cases: Sequence[Case], analysis: Analysis, seed: int) -> str:
    """The card as Markdown; `<sha256>` stands for the digest, which is not known before the file is written."""
    severities = ["| severity | cases |", "| --- | --- |"]
    severities += [f"| {severity} | {have} |" for severity, (have, _) in analysis.severities.items()]
    programs = Counter(case.source.split(";")[0] for case in cases if case.origin is not Origin.SYNTHETIC)
    critical = max(analysis.severities["CRITICAL"][0], 1)
    return _TEXT.format(
        name=name,
        total=analysis.total,
        severities="\n".join(severities),
        origins=", ".join(f"{count} {origin}" for origin, count in analysis.origins.items()),
        calm=analysis.calm,
        categories=sum(count > 0 for count in analysis.categories.values()),
        components=len(analysis.components),
        splits=", ".join(f"{split}: {count} cases" for split, count in analysis.splits.items()) + ".",
        programs=", ".join(sorted(programs)),
        seed=seed,
        near=len(analysis.pairs),
        leaks=", none of them across splits" if not analysis.leaks else f", {len(analysis.leaks)} across splits",
        critical=critical,
        step=100 / critical,
    )
