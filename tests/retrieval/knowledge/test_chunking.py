"""Markdown of any team becomes sections that can be cited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.knowledge.chunking import MAX_BYTES, UnusableRunbook, parse_markdown, split_text

BUNDLED = """---
id: dns
title: Names do not resolve
category: dns
components: [CoreDNS, kubelet]
severity: ERROR
---
# Names do not resolve

## Symptom

`no such host`

## Fix

- Restart CoreDNS.
"""


def parsed(text, doc_id="team/dns.md", **options):
    return parse_markdown(text, source="here", doc_id=doc_id, **options)


def outline(document):
    return [(section.header_path, section.text) for section in document.sections]


def test_front_matter_and_headings():
    """Front matter gives title, labels and attributes; each heading a section; the title is not repeated."""
    document = parsed(BUNDLED)
    assert document.title == "Names do not resolve"
    assert document.labels == {"category": ("dns",), "component": ("coredns", "kubelet")}
    assert document.attributes == {"id": "dns", "severity": "ERROR"}
    assert outline(document) == [(("Symptom",), "`no such host`"), (("Fix",), "- Restart CoreDNS.")]


def test_toml_front_matter_of_hugo():
    """A block between +++ is read as TOML."""
    assert parsed('+++\ntitle = "Disk full"\nweight = 3\n+++\ntext').title == "Disk full"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# KubeNodeNotReady\ntext", "KubeNodeNotReady"),
        ("Disk full\n=========\n\ntext", "Disk full"),
        ("just text", "pvc full"),
        ("## Meaning\ntext", "pvc full"),
        ("# [**Disk** `full`](x.md) {#anchor}\ntext", "Disk full"),
    ],
)
def test_title_without_front_matter(text, title):
    """The first top heading is the title, else the file's name in words."""
    assert parsed(text, doc_id="storage/pvc-full.md").title == title


def test_an_index_file_is_named_by_its_folder():
    """`storage/README.md` is about storage."""
    assert parsed("text", doc_id="team/storage/README.md").title == "storage"


def test_header_paths_nest_and_return():
    """A section carries the headings above it, and a higher heading ends the lower ones."""
    document = parsed("# T\nintro\n## A\na\n### A1\na1\n## B\nb\n# U\nu")
    assert [section.header_path for section in document.sections] == [(), ("A",), ("A", "A1"), ("B",), ("U",)]


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "  ```"])
def test_a_hash_within_a_fence_is_no_heading(fence):
    """Comments of shell blocks do not cut a section, whatever the fence is made of."""
    text = f"# T\n{fence}sh\n# not a heading\nkubectl get pods\n{fence.strip()}\n## After\nx"
    assert [section.heading for section in parsed(text).sections] == ["", "After"]


def test_a_shorter_or_other_fence_does_not_close():
    """~~~ inside of ``` and ``` inside of ```` are code."""
    assert len(parsed("````\n```\n# a\n~~~\n# b\n````\n").sections) == 1


def test_an_unclosed_fence_goes_to_the_end():
    """What follows an unclosed fence is code, as Markdown has it."""
    assert len(parsed("text\n```\n# a\n## b\n").sections) == 1


def test_underlined_headings_and_thematic_breaks():
    """A line of dashes makes a heading of one line of text; after a blank line or a list it is a rule."""
    document = parsed("T\n=\n\nCause\n-----\nx\n\n---\n\n- item\n---\ny")
    assert [section.heading for section in document.sections] == ["Cause"]


def test_scripts_and_comments_are_left_out():
    """What a reader of the page would not see is not knowledge; placeholders such as <pod> are."""
    document = parsed("# T\n<!-- hidden\n# no heading -->\n<script>steal()</script>\nkubectl logs <pod>")
    assert outline(document) == [((), "kubectl logs <pod>")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty$"),
        ("# Only\n\n## Headings\n", "no text below its headings"),
        ("---\ntitle: x\nid: [open\nseverity: y\n---\ntext", r"front matter cannot be read: .* \(line 4\)"),
        ("---\ntitle: never closed\n\ntext", "never closed"),
        ("+++\ntitle = \n+++\ntext", "front matter cannot be read"),
        ("x" * (MAX_BYTES + 1), "split it"),
        ("# h\n" * 10_000, "10,000 headings"),
    ],
)
def test_what_cannot_be_taken_is_named(text, reason):
    """An empty, broken or boundless file is one named error."""
    with pytest.raises(UnusableRunbook, match=reason):
        parsed(text)


def test_a_rule_at_the_top_is_not_front_matter():
    """A file may begin with a thematic break."""
    assert parsed("---\n\nSome text.\n").sections[0].text.endswith("Some text.")


def test_one_code_block_is_a_runbook():
    """A file that is all code is kept, in parts."""
    document = parsed("```sh\n" + "kubectl get pods -A\n" * 200 + "```\n")
    assert len(document.sections) > 1
    assert [section.part for section in document.sections] == list(range(len(document.sections)))


def test_long_sections_are_cut_between_list_items():
    """No list item is cut in two where it fits into a part."""
    items = [f"- `kubectl get pods -n team-{n}` — shows the pods of team {n}." for n in range(60)]
    document = parsed("## Fix\n" + "\n".join(items), max_chars=500)
    assert all(len(section.text) <= 500 for section in document.sections)
    assert [line for section in document.sections for line in section.text.split("\n")] == items


@given(st.text(max_size=3_000), st.integers(min_value=40, max_value=400))
def test_splitting_loses_no_word(text, limit):
    """Whatever the text, the parts are short enough and hold every character but white space."""
    parts = split_text(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_ids_are_stable_and_follow_the_content():
    """The same text has the same ids; a changed section changes only its own."""
    first, again = parsed(BUNDLED), parsed(BUNDLED)
    changed = parsed(BUNDLED.replace("Restart", "Scale"))
    ids = [[document.section_id(place) for place in range(2)] for document in (first, again, changed)]
    assert ids[0] == ids[1]
    assert (ids[0][0] == ids[2][0], ids[0][1] == ids[2][1]) == (True, False)
