"""Where a checkout comes from, read from git's own files."""

import subprocess

import pytest

from ingestion.checkout import find_checkout
from ingestion.loading import Source
from ingestion.runbooks import ingest_runbooks
from retrieval.knowledge.links import section_link
from retrieval.knowledge.search import KnowledgeSearch, SubQuery


@pytest.fixture
def checkout(tmp_path):
    """A checkout on branch main, whose remote is set by `remote(url)`."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    (folder / "docs").mkdir()
    (folder / "docs" / "dns.md").write_text("# Names do not resolve\n## First: look!\nrestart coredns\n")

    def remote(url):
        subprocess.run(["git", "-C", folder, "remote", "add", "origin", url], check=True)
        return folder / "docs"

    return remote


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("git@github.com:team/books.git", "https://github.com/team/books/blob/main/docs/{path}"),
        ("https://gitlab.com/team/sub/books.git", "https://gitlab.com/team/sub/books/-/blob/main/docs/{path}"),
        ("ssh://git@codeberg.org:22/team/books", "https://codeberg.org/team/books/src/branch/main/docs/{path}"),
        ("https://bitbucket.org/team/books.git", "https://bitbucket.org/team/books/src/main/docs/{path}"),
        ("https://git.home.arpa:8443/team/books", "https://git.home.arpa:8443/team/books/blob/main/docs/{path}"),
    ],
)
def test_remotes_become_addresses(checkout, url, link):
    """Each forge writes the address of a file on a branch in its own way."""
    assert find_checkout(checkout(url)).link == link


def test_a_password_in_the_remote_is_not_kept(checkout):
    """Neither the name nor the address of a source holds the credentials of its remote."""
    found = find_checkout(checkout("https://me:hunter2@github.com/team/books.git"))
    assert (found.name, "hunter2" in found.link) == ("github.com/team/books/docs", False)


@pytest.mark.parametrize("url", ["/srv/git/books.git", "file:///srv/git/books.git"])
def test_a_remote_on_this_machine_is_none(checkout, url):
    """Then the folder's own path names the source."""
    folder = checkout(url)
    assert find_checkout(folder) is None
    assert Source.at(folder).name == str(folder.resolve())


def test_no_checkout(tmp_path):
    """A plain folder is in none."""
    assert find_checkout(tmp_path) is None


def test_a_clone_elsewhere_is_the_same_source(checkout, tmp_path, index, embedder):
    """A Job that clones into a new folder each time embeds nothing anew, and hits carry the file's address."""
    folder = checkout("git@github.com:team/books.git")
    ingest_runbooks([folder], index, embedder=embedder, redact_text=str)
    moved = folder.parent.rename(tmp_path / "other") / "docs"
    report = ingest_runbooks([moved], index, embedder=embedder, redact_text=str)
    assert (report.unchanged, report.deleted, report.chunks_embedded) == (1, (), 0)
    hit = KnowledgeSearch(index, embedder).search([SubQuery("coredns")])[0]
    assert hit.metadata["link"] == "https://github.com/team/books/blob/main/docs/dns.md"
    assert section_link(hit.metadata["link"], hit.section).endswith("/dns.md#first-look")


def test_a_new_branch_changes_links_and_embeds_nothing(checkout, index, embedder):
    """The address belongs to the source, so no document is new because of it."""
    folder = checkout("git@github.com:team/books.git")
    ingest_runbooks([folder], index, embedder=embedder, redact_text=str)
    subprocess.run(["git", "-C", folder, "symbolic-ref", "HEAD", "refs/heads/next"], check=True)
    assert ingest_runbooks([folder], index, embedder=embedder, redact_text=str).chunks_embedded == 0
    hit = KnowledgeSearch(index, embedder).search([SubQuery("coredns")])[0]
    assert "/blob/next/" in hit.metadata["link"]


def test_a_worktree_knows_its_remote(checkout, tmp_path):
    """There `.git` is a file that names git's folder."""
    folder = checkout("git@github.com:team/books.git")
    git = ["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.test"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    subprocess.run([*git, "worktree", "add", "-q", "-b", "topic", tmp_path / "tree"], check=True)
    assert find_checkout(tmp_path / "tree").link == "https://github.com/team/books/blob/topic/{path}"
