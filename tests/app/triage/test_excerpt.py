"""What of a runbook's section a small model reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.triage.excerpt import GAP, excerpt
from retrieval.knowledge.tokens import tokens

SECTION = """Pods end as `Evicted` with `The node was low on resource: ephemeral-storage.` The node has the condition
`DiskPressure=True`. Programs fail one by one: `no space left on device` in etcd, `No usable temporary directory found`,
`disk I/O error`, `failed to pull (111: Connection refused) and unpack`.

- `df -h /var/lib/etcd` — shows whether the disk is full. *(CKA: Cluster Architecture, Installation & Configuration)*
- `crictl imagefsinfo` — shows the bytes of images. *(CKA: Troubleshooting)*"""


def of(line: str, longest: int = 120) -> str:
    return excerpt(SECTION, frozenset(tokens(line)), longest)


def test_the_message_that_happened_stays_and_the_others_go() -> None:
    """Of many messages in one section the one that a line says is kept."""
    said = of("etcd: write /snap/db: no space left on device")
    assert "no space left on device" in said
    assert "Evicted" not in said
    assert "imagefsinfo" not in said


def test_a_quoted_message_is_not_cut_in_its_middle() -> None:
    """A colon or a comma inside of it is no end."""
    assert "`failed to pull (111: Connection refused) and unpack`" in of("111: Connection refused")


def test_what_is_left_out_between_two_pieces_is_marked() -> None:
    """The reader sees that something is missing."""
    said = of("condition DiskPressure=True, and df -h /var/lib/etcd", 260)
    assert said.index("DiskPressure") < said.index(GAP) < said.index("df -h")


def test_the_marks_of_the_exam_cost_no_tokens() -> None:
    """They are fields of an action, and say nothing about a line."""
    assert "CKA" not in of("df -h /var/lib/etcd disk full")


def test_without_a_word_in_common_the_beginning_stands() -> None:
    """A section that touches on nothing is cut as a reader would."""
    said = of("zzz")
    assert said.startswith("Pods end as")
    assert said.endswith("…")


WORDS = st.sets(st.sampled_from(["a", "b", "ab", "aa"]))


@given(st.text(alphabet="ab `,.;:-—\n()", max_size=400), WORDS, st.integers(20, 90))
def test_it_never_grows_longer(text: str, words: set[str], longest: int) -> None:
    """Whatever stands in the section, and whichever words are looked for."""
    said = excerpt(text, words, longest)
    assert len(said) <= longest
    assert all(part.strip() in " ".join(text.split()) for part in said.rstrip("…").split(GAP))


@pytest.mark.parametrize("short", ["", "one sentence"])
def test_a_short_section_stays_whole(short: str) -> None:
    """There is nothing to choose."""
    assert excerpt(short, {"one"}, 50) == short
