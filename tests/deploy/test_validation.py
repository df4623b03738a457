"""What is in `deploy/` passes every check, and one typo in it fails the check that is there for it."""

from pathlib import Path

import pytest
import yaml

from deploy.validation.__main__ import CHECKS

TYPOS = yaml.safe_load(Path(__file__).with_name("typos.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_here_passes(name, tree, checked):
    """Every check of `just validate`, on the files as they are."""
    assert checked(CHECKS[name], tree) == []


@pytest.mark.parametrize("typo", TYPOS, ids=[typo["what"] for typo in TYPOS])
def test_a_typo_fails(typo, spoiled, checked):
    """And the fault names what is wrong."""
    faults = checked(CHECKS[typo["check"]], spoiled(typo["file"], typo["right"], typo["wrong"]))
    assert any(typo["told"] in fault for fault in faults), faults or "no fault was found"


def test_a_dashboard_with_anothers_uid_fails(tree, checked):
    """Grafana would show one of the two."""
    folder = tree.deploy / "grafana" / "dashboards"
    (folder / "copy.json").write_text((folder / "chat.json").read_text("utf-8"), "utf-8")
    assert any("logagent-chat" in fault for fault in checked(CHECKS["dashboards"], tree))


def test_a_secret_that_anybody_can_read_fails(tree, checked):
    """Encrypted by SOPS it passes."""
    path = tree.deploy / "kustomize" / "overlays" / "homelab" / "users.yaml"
    path.write_text("apiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {a: b}\n", "utf-8")
    assert any("not encrypted" in fault for fault in checked(CHECKS["gitops"], tree))
    path.write_text(path.read_text("utf-8") + "sops: {version: 3.9.0}\n", "utf-8")
    assert checked(CHECKS["gitops"], tree) == []
