"""The figures of a dataset."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.dataset.analysis.similarity import Pair, near_duplicates
from evals.dataset.cases import Case, Origin
from evals.dataset.combination.combine import is_calm
from evals.dataset.combination.targets import Targets
from retrieval.taxonomy import Category, Severity


@dataclass(frozen=True)
class Analysis:
    """Counts, and what is amiss: each entry of `problems` is one sentence."""

    total: int
    severities: Mapping[str, tuple[int, int]]  # found, wanted
    origins: Mapping[str, int]
    statuses: Mapping[str, int]
    categories: Mapping[str, int]
    components: Mapping[str, int]
    calm: int
    completeness: Mapping[str, float]
    splits: Mapping[str, int]
    pairs: Sequence[Pair]
    leaks: Sequence[Pair]
    problems: Sequence[str]

    def as_json(self) -> dict[str, object]:
        """The figures as `--json` prints them."""
        pairs = [
            {"first": pair.first, "second": pair.second, "likeness": round(pair.likeness, 3)} for pair in self.pairs
        ]
        leaks = [[pair.first, pair.second] for pair in self.leaks]
        severities = {name: {"found": found, "wanted": wanted} for name, (found, wanted) in self.severities.items()}
        return {
            "contract": 1, "cases": self.total, "severities": severities, "origins": dict(self.origins),
            "statuses": dict(self.statuses), "categories": dict(self.categories), "components": dict(self.components),
            "calm": self.calm, "completeness": dict(self.completeness), "splits": dict(self.splits),
            "near_duplicates": pairs, "leaks": leaks, "problems": list(self.problems),
        }  # fmt: skip


def analyze(cases: Sequence[Case], targets: Targets, splits: Mapping[str, Sequence[str]] | None = None) -> Analysis:
    """The figures of these cases; splits are case ids by name."""
    severities = Counter(case.expected.severity for case in cases)
    categories = Counter(case.expected.category for case in cases)
    pairs = near_duplicates(cases)
    side = {name: split for split, names in (splits or {}).items() for name in names}
    leaks = [pair for pair in pairs if side.get(pair.first) != side.get(pair.second)]
    found = {each.value: (severities[each], targets.by_severity.get(each, 0)) for each in Severity}
    analysis = Analysis(
        total=len(cases),
        severities=found,
        origins=_counted(case.origin.value for case in cases),
        statuses=_counted(case.expected.status.value for case in cases),
        categories={each.value: categories[each] for each in Category},
        components=_counted(case.expected.component for case in cases),
        calm=sum(map(is_calm, cases)),
        completeness=_completeness(cases),
        splits={name: len(names) for name, names in (splits or {}).items()},
        pairs=pairs,
        leaks=leaks,
        problems=(),
    )
    return Analysis(**{**vars(analysis), "problems": tuple(_problems(analysis, targets))})


def _counted(values: object) -> dict[str, int]:
    return dict(Counter(values).most_common())  # type: ignore[call-overload]  # any iterable of strings


def _completeness(cases: Sequence[Case]) -> dict[str, float]:
    """The share of cases (of lines, for the labels) that have what may be missing, from 0 to 1."""
    lines = [line for case in cases for line in case.logs]
    shares = {
        "summary": _share([case.expected.summary is not None for case in cases]),
        "key lines (of problems)": _share(
            [bool(case.expected.key_lines) for case in cases if case.expected.status == "problem"]
        ),
        "time": _share([line.ts is not None for line in lines]),
    }
    known = [line.labels.model_dump() for line in lines]
    return shares | {name: _share([name in labels for labels in known]) for name in ("namespace", "pod", "node", "app")}


def _share(values: Sequence[bool]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0


def _problems(analysis: Analysis, targets: Targets) -> list[str]:
    found = [
        f"{name}: {have} cases and {wanted} wanted"
        for name, (have, wanted) in analysis.severities.items()
        if have != wanted
    ]
    found += [
        f"category {name}: {count} cases, at least {targets.each_category} wanted"
        for name, count in analysis.categories.items()
        if count < targets.each_category
    ]
    captured = analysis.total - analysis.origins.get(Origin.SYNTHETIC.value, 0)
    if captured < targets.least_captured * analysis.total:
        found.append(f"{captured} of {analysis.total} cases are captured; at least half have to be")
    if analysis.calm < targets.least_calm * analysis.total:
        found.append(f"{analysis.calm} of {analysis.total} cases are calm; at least a fifth have to be")
    if analysis.completeness["key lines (of problems)"] < 1:
        found.append("a problem has no key line")
    found += [f"{pair.first} and {pair.second} are alike and in different splits" for pair in analysis.leaks]
    return found
