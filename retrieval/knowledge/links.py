"""Where a document can be read on the web: of a checkout's remote, by a template that its source has in the index.

The template belongs to the source and not to each document, so that a new branch makes no document new.
"""

import re
from urllib.parse import quote

PATH = "{path}"
_NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")


def document_link(template: str, doc_id: str) -> str:
    """The address of a document; "" where its source has none."""
    return template.replace(PATH, quote(doc_id)) if template else ""


def section_link(link: str, heading: str) -> str:
    """The address of one section, by the anchor that GitHub, GitLab and Forgejo give its heading."""
    anchor = _NOT_IN_ANCHOR.sub("", heading.strip().lower()).replace(" ", "-")
    return f"{link}#{quote(anchor)}" if anchor and link.startswith("http") else link
