"""The git checkout that a folder lies in: its remote, read from git's own files, so that no git has to be installed.

What is in a checkout is known by its remote and not by where it was cloned to, so a Job that clones into a new folder
each time finds its documents again; and each has an address that people can open.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from retrieval.knowledge.links import PATH

_REMOTE = re.compile(r'\[remote "(?P<name>[^"]+)"\](?P<body>[^\[]*)')
_URL = re.compile(r"^\s*url\s*=\s*(\S+)\s*$", re.MULTILINE)
_SCP = re.compile(r"^(?:[\w.-]+@)?(?P<host>[\w.-]+\.[\w.-]+|localhost):(?P<path>[\w./~-]+)$")
# How the hosts that differ write the address of a file on a branch.
_FORGES = {"gitlab": "/-/blob/", "gitea": "/src/branch/", "forgejo": "/src/branch/", "codeberg": "/src/branch/",
           "bitbucket": "/src/"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checkout:
    """Where a folder's checkout comes from: host and repository, the branch that is checked out, the folder in it."""

    host: str
    repository: str
    branch: str
    folder: str

    @property
    def name(self) -> str:
        """The folder, wherever the checkout lies: `github.com/team/books/docs`."""
        return "/".join(part for part in (self.host, self.repository, self.folder) if part)

    @property
    def link(self) -> str:
        """A template of the addresses of its documents (see `retrieval.knowledge.links`)."""
        way = next((way for forge, way in _FORGES.items() if forge in self.host), "/blob/")
        within = f"{quote(self.folder)}/" if self.folder else ""
        return f"https://{self.host}/{quote(self.repository)}{way}{quote(self.branch)}/{within}{PATH}"


def find_checkout(folder: Path) -> Checkout | None:
    """The checkout of a folder; None where it is in none, or in one without a remote on another machine."""
    for root in (folder, *folder.parents):
        if (git := root / ".git").exists():
            try:
                return _checkout(root, _git_folder(git), folder)
            except (OSError, ValueError):
                return None
    return None


def _git_folder(git: Path) -> Path:
    """Git's folder of a checkout; in a worktree or submodule `.git` is a file that names it."""
    if git.is_dir():
        return git
    named = git.read_text(encoding="utf-8").partition("gitdir:")[2].strip()
    return (git.parent / named).resolve()


def _checkout(root: Path, git: Path, folder: Path) -> Checkout | None:
    common = git / "commondir"
    shared = (git / common.read_text(encoding="utf-8").strip()).resolve() if common.is_file() else git
    remotes = {
        match["name"]: url[1]
        for match in _REMOTE.finditer((shared / "config").read_text(encoding="utf-8"))
        if (url := _URL.search(match["body"]))
    }
    place = _place(remotes.get("origin") or next(iter(remotes.values()), ""))
    if place is None:
        return None
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    branch = head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else "HEAD"
    within = folder.relative_to(root).as_posix()
    return Checkout(host=place[0], repository=place[1], branch=branch, folder="" if within == "." else within)


def _place(url: str) -> tuple[str, str] | None:
    """Host and repository of a remote, without the user and password that its address may hold."""
    if scp := _SCP.match(url):
        host, path = scp["host"], scp["path"]
    else:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http", "ssh", "git"):
            return None
        host, path = parts.hostname or "", parts.path
        if parts.port and parts.scheme in ("https", "http"):
            host = f"{host}:{parts.port}"
    repository = path.strip("/").removesuffix(".git")
    return (host, repository) if host and repository else None
