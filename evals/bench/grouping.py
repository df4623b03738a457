"""Grouping accuracy: whether the lines of one log statement, and no others, become one template.

Zhu, He, Liu, He, Xie, Zheng, Lyu, "Tools and Benchmarks for Automated Log Parsing", ICSE-SEIP 2019.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence


def grouping_accuracy(found: Sequence[Hashable], labels: Sequence[Hashable]) -> float:
    """The share of lines in groups that hold all lines of one label and nothing else: 0 to 1, higher is better.

    `found` is the group of each line, `labels` the statement that printed it.
    """
    groups: dict[Hashable, Counter[Hashable]] = defaultdict(Counter)
    for group, label in zip(found, labels, strict=True):
        groups[group][label] += 1
    of_label = Counter(labels)
    right = 0
    for members in groups.values():
        (label, count), *others = members.most_common()
        if not others and count == of_label[label]:
            right += count
    return right / len(labels) if labels else 1.0
