"""Markdown → a document of sections: by heading, with a size limit, code fences left whole where they fit.

Works for runbooks of any team: with YAML or TOML front matter or without, with `#` or underlined headings, with ```
or ~~~ fences, with one heading or none. A section never mixes two headings, so what is cited is what was meant.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml

from retrieval.errors import BadInput
from retrieval.knowledge.documents import Document, Section

MAX_BYTES = 1_000_000  # about 300 printed pages; more is a data file, not a runbook
MAX_SECTIONS = 2_000
SECTION_CHARS = 1_000  # all-MiniLM-L6-v2 reads 256 word pieces, about this much technical text with its headings

_FENCE = re.compile(r"^\s*(?:[-*+]\s+|\d+[.)]\s+)?(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_NOT_TEXT = re.compile(r"^\s*(?:[-*+>|#`~]|\d+[.)]\s|$)")
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*`]+|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|\{#[^}]*\}")
_KEY = re.compile(r"^[A-Za-z_][\w-]*\s*:")
_LABELS = {"category": "category", "component": "component", "components": "component", "namespace": "namespace"}
_ATTRIBUTES = ("id", "severity")
_INDEX_NAMES = frozenset({"index", "_index", "readme"})


class UnusableRunbook(BadInput):
    """A file that cannot be taken as a runbook; the sentence says why."""


@dataclass(slots=True)
class _Block:
    """The lines under one heading, while they are collected."""

    level: int
    heading: str
    lines: list[str] = field(default_factory=list)


def parse_markdown(text: str, *, source: str, doc_id: str, max_chars: int = SECTION_CHARS) -> Document:
    """A Markdown text as a document; raises UnusableRunbook for one that is empty, too large or broken."""
    if len(text) > MAX_BYTES:
        raise UnusableRunbook(f"it has {len(text):,} characters, and a runbook may have {MAX_BYTES:,}: split it")
    front_matter, body = _front_matter(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    blocks = list(_blocks(body))
    if (headings := len(blocks) - 1) > MAX_SECTIONS:  # the first block is what stands before any
        raise UnusableRunbook(f"it has {headings:,} headings, and a runbook may have {MAX_SECTIONS:,}: split it")
    title = _text_of(front_matter, "title") or _first_heading(blocks) or title_from_path(doc_id)
    sections = tuple(_sections(blocks, title, max_chars))
    if not sections:
        raise UnusableRunbook("it is empty" + (": there is no text below its headings" if len(blocks) > 1 else ""))
    return Document(
        source=source,
        doc_id=doc_id,
        title=title,
        sections=sections,
        labels=_labels(front_matter),
        attributes={key: value for key in _ATTRIBUTES if (value := _text_of(front_matter, key))},
    )


def title_from_path(doc_id: str) -> str:
    """A readable title for a file that has none: `storage/pvc-full.md` → `pvc full`."""
    path = PurePosixPath(doc_id)
    stem = path.parent.name if path.stem.lower() in _INDEX_NAMES and path.parent.name else path.stem
    return re.sub(r"[-_\s]+", " ", stem).strip() or doc_id


def _front_matter(text: str) -> tuple[Mapping[str, object], str]:
    opening, _, rest = text.partition("\n")
    fence = opening.rstrip()
    if fence not in ("---", "+++"):
        return {}, text
    head, closing, body = ("\n" + rest).partition(f"\n{fence}\n")
    if not closing and head.endswith(f"\n{fence}"):
        head, closing = head.removesuffix(f"\n{fence}"), fence
    if not closing:
        if _KEY.match(rest):
            raise UnusableRunbook(f"its front matter is opened with {fence} on line 1 and never closed")
        return {}, text  # a thematic break
    try:
        loaded = yaml.safe_load(head) if fence == "---" else tomllib.loads(head)
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError) as error:
        raise UnusableRunbook(f"its front matter cannot be read: {_reason(error)}") from error
    return (loaded, body) if isinstance(loaded, dict) else ({}, text)


def _reason(error: Exception) -> str:
    """What is wrong, and in which line of the file, as far as the parser says."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1})"  # it counts from 0, and begins with a blank line
    return str(error).partition("\n")[0]


def _text_of(front_matter: Mapping[str, object], key: str) -> str:
    value = front_matter.get(key)
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _labels(front_matter: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    labels: dict[str, tuple[str, ...]] = {}
    for key, label in _LABELS.items():
        value = front_matter.get(key)
        values = value if isinstance(value, list) else [value]
        kept = tuple(str(item).strip().lower() for item in values if isinstance(item, (str, int)) and str(item).strip())
        if kept:
            labels[label] = tuple(dict.fromkeys((*labels.get(label, ()), *kept)))
    return labels


def _first_heading(blocks: list[_Block]) -> str:
    return next((block.heading for block in blocks if block.level == 1 and block.heading), "")


def _blocks(body: str) -> Iterator[_Block]:
    """The text cut at its headings, outside of fences; the first block, with level 0, is what comes before any."""
    block = _Block(level=0, heading="")
    for fenced, lines in _fenced_runs(body):
        if fenced:
            block.lines.extend(lines)
            continue
        for line in _UNSEEN.sub("", "\n".join(lines)).split("\n"):
            level, heading, underlined = _heading(line, block.lines)
            if not level:
                block.lines.append(line)
                continue
            if underlined:
                block.lines.pop()
            yield block
            block = _Block(level=level, heading=heading)
    yield block


def _fenced_runs(body: str) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines, each with whether it is a code fence with its marks; an unclosed fence goes to the end."""
    run: list[str] = []
    fence = ""
    for line in body.split("\n"):
        marks = _FENCE.match(line)
        if fence:
            run.append(line)
            stripped = line.strip()
            if len(stripped) >= len(fence) and set(stripped) == {fence[0]}:
                yield True, run
                run, fence = [], ""
        elif marks:
            if run:
                yield False, run
            run, fence = [line], marks.group(1)
        else:
            run.append(line)
    if run:
        yield bool(fence), run


def _heading(line: str, before: list[str]) -> tuple[int, str, bool]:
    """(level, plain text, whether it is underlined) of a heading line; level 0 where it is none."""
    if match := _HEADING.match(line):
        return len(match.group(1)), _plain(match.group(2) or ""), False
    if (match := _UNDERLINE.match(line)) and before and not _NOT_TEXT.match(before[-1]):
        alone = len(before) == 1 or not before[-2].strip()
        if alone:
            return (1 if match.group(1)[0] == "=" else 2), _plain(before[-1]), True
    return 0, "", False


def _plain(heading: str) -> str:
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", heading)).split())


def _sections(blocks: list[_Block], title: str, max_chars: int) -> Iterator[Section]:
    path: list[tuple[int, str]] = []
    for block in blocks:
        if block.level:
            path = [*(entry for entry in path if entry[0] < block.level), (block.level, block.heading)]
        headings = tuple(heading for _, heading in path if heading and heading != title)
        for part, text in enumerate(split_text("\n".join(block.lines), max_chars)):
            yield Section(header_path=headings, text=text, part=part)


def split_text(text: str, max_chars: int) -> list[str]:
    """The text in parts of at most `max_chars`, cut between paragraphs and list items, else lines, else words."""
    parts: list[str] = []
    for piece in _pieces(text.strip("\n"), max_chars):
        if parts and len(parts[-1]) + len(piece) <= max_chars:
            parts[-1] += piece
        else:
            parts.append(piece)
    return [part.strip("\n").rstrip() for part in parts if part.strip()]


def _pieces(text: str, max_chars: int) -> Iterator[str]:
    """The smallest pieces a cut may fall between; none longer than `max_chars`, together the whole text."""
    for fenced, lines in _fenced_runs(text):
        run = "\n".join(lines) + "\n"
        paragraphs = [run] if fenced else re.split(r"(?<=\n)(?=[ \t]*\n)|(?<=\n)(?=(?:[-*+]|\d+[.)])[ \t])", run)
        for paragraph in paragraphs:
            if len(paragraph) <= max_chars:
                yield paragraph
            else:
                yield from _lines(paragraph, max_chars)


def _lines(paragraph: str, max_chars: int) -> Iterator[str]:
    for line in paragraph.splitlines(keepends=True):
        rest = line
        while len(rest) > max_chars:
            cut = max(rest.rfind(" ", 1, max_chars), rest.rfind(". ", 1, max_chars) + 1)
            cut = cut + 1 if cut > 0 else max_chars
            yield rest[:cut]
            rest = rest[cut:]
        yield rest
