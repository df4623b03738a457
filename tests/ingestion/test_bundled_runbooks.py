"""The bundled runbooks keep the form that the ingestion parser and the reader rely on.

A Check is something a person may paste into a terminal without thinking, so its commands are judged by a deny list of
verbs that change something; the list is tested itself at the end of this file.
"""

import re
import shlex
from collections import Counter
from itertools import pairwise
from pathlib import Path

import frontmatter
import pytest

import ingestion
from retrieval.knowledge.chunking import SECTION_CHARS
from retrieval.taxonomy import Category, Severity

RUNBOOKS = sorted((Path(ingestion.__file__).parent / "corpus" / "runbooks").glob("*.md"))
FRONT_MATTER = ["id", "title", "category", "components", "severity"]
SECTIONS = ["Symptom", "Cause", "Check", "Fix", "Prevent"]
CKA_DOMAINS = {
    "Storage",
    "Troubleshooting",
    "Workloads & Scheduling",
    "Cluster Architecture, Installation & Configuration",
    "Services & Networking",
}
COMMAND_STEP = re.compile(r"- `(?P<command>[^`]+)` — (?P<sentence>\S.*\.) \*\(CKA: (?P<domain>[^)]+)\)\*")
EDIT_STEP = re.compile(r"- \*\*(?P<title>[^*`]+)\*\* — (?P<sentence>\S.*\.) \*\(CKA: (?P<domain>[^)]+)\)\*")
CODE = re.compile(r"`[^`]*`")

# Words that change something, by program; they are looked for in the first two words that are no options.
MUTATING_VERBS = {
    "chronyc": "add burst delete makestep offline online settime",
    "crictl": "create exec pull rm rmi rmp run runp start stop stopp update",
    "etcdctl": "add auth compaction defrag del disarm grant lock move-leader promote put remove revoke save txn update",
    "etcdutl": "defrag migrate restore",
    "flux": "bootstrap create delete install migrate pull push reconcile resume suspend uninstall",
    "helm": "delete dependency install mapkubeapis plugin push registry repo rollback uninstall upgrade",
    "kubeadm": "apply create init join node phase plan renew reset user",  # plan makes a Job to test the cluster
    "kubectl": "annotate apply approve attach autoscale cordon cp create debug delete delete-cluster delete-context "
    "deny drain edit evict expose label patch pause reconcile rename-context replace restart resume run scale set "
    "set-cluster set-context set-credentials taint uncordon undo unset use-context",
    "redis-cli": "bgrewriteaof bgsave del expire failover flushall flushdb hset migrate rename replicaof reset restore "
    "rewrite save set shutdown slaveof unlink",
    "systemctl": "daemon-reexec daemon-reload disable enable kill mask reboot reload restart start stop unmask",
    "timedatectl": "set-local-rtc set-ntp set-time set-timezone",
}
# Programs that change something whatever their arguments, or that cannot be judged (a shell hides its command).
MUTATING_PROGRAMS = (
    "apt apt-get bash chmod chown cp crontab dd dnf docker eval iptables kill killall ln mkdir mkfs modprobe mount mv "
    "nft pkill poweroff python python3 reboot rm rmdir sh shutdown swapoff swapon tar tee touch truncate umount xargs"
)
MUTATING_ARGUMENTS = {
    "curl": re.compile(r"-X|--request|-d|--data|-F|--form|-T|--upload-file|-o|-O"),
    "find": re.compile(r"-delete|-exec|-fprint"),
    "journalctl": re.compile(r"--vacuum|--rotate|--flush"),
    "nginx": re.compile(r"-s$"),
    "sed": re.compile(r"-i|--in-place"),
    "sysctl": re.compile(r"-w$|--write|-p$|--system|[\w./]+="),
}
READ_ONLY_SQL = re.compile(
    r"(?is)\s*(select|show|explain select)\b(?!.*\b(into|pg_(terminate|cancel|drop|create|reload|switch)))"
)


def words_of(command: str) -> list[str]:
    """The words of one command of a pipe, placeholders made harmless, `sudo` and variables in front left out."""
    words = shlex.split(re.sub(r"<[^<>]+>", "placeholder", command))
    while words and (words[0] == "sudo" or re.match(r"[A-Z_]+=", words[0])):
        words = words[1:]
    return words


def change_in_sql(arguments: list[str]) -> str | None:
    """The statement among psql's arguments that does more than read, or None."""
    statements = [sql for flag, sql in pairwise(arguments) if flag == "-c"]
    return next((sql for sql in statements if not READ_ONLY_SQL.match(sql)), None)


def change_in(words: list[str]) -> str | None:
    """The word by which a command changes something, or None where it only reads."""
    program, arguments = words[0], words[1:]
    if program in MUTATING_PROGRAMS.split():
        return program
    if program == "psql":
        return change_in_sql(arguments)
    if program == "kubectl" and arguments[0].startswith("-"):
        return arguments[0]  # the verb has to come first, or the list below would not see it
    if program == "kubectl" and "--" in arguments:
        inside = arguments.index("--")
        return change_in(words[: inside + 1]) or change_in(arguments[inside + 1 :])
    verbs = [word for word in arguments if not word.startswith("-")][:2]
    suspicious = MUTATING_ARGUMENTS.get(program, re.compile(r">"))
    changing = [word for word in verbs if word.lower() in MUTATING_VERBS.get(program, "").split()]
    changing += [word for word in arguments if word.startswith(">") or suspicious.match(word)]
    return changing[0] if changing else None


def change_by(command: str) -> str | None:
    """The word by which any command of a pipe changes something, or None where all of them only read."""
    return next(filter(None, (change_in(words_of(part)) for part in re.split(r" \| | && |; ", command))), None)


def sections_of(path: Path) -> dict[str, str]:
    """The text of each section by its heading, in the order of the file."""
    parts = re.split(r"(?m)^## (.+)$", frontmatter.load(path).content)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def bullets_of(section: str) -> list[str]:
    """The lines of a section that begin a list item."""
    return [line for line in section.splitlines() if line.startswith("- ")]


def step(bullet: str) -> re.Match[str]:
    """A bullet of Check or Fix taken apart; fails on any other form."""
    match = COMMAND_STEP.fullmatch(bullet) or EDIT_STEP.fullmatch(bullet)
    assert match, f"not of the form of a step: {bullet}"
    return match


per_runbook = pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)


@pytest.mark.parametrize("category", list(Category))
def test_every_category_has_a_runbook(category):
    """Each category of the contract has a runbook that carries its name as file name, id and category."""
    path = Path(ingestion.__file__).parent / "corpus" / "runbooks" / f"{category.value.replace('_', '-')}.md"
    metadata = frontmatter.load(path).metadata
    assert (metadata["id"], metadata["category"]) == (category.value, category.value)


def test_ids_are_unique():
    """No two runbooks share an id, since the id is what evidence and datasets refer to."""
    counts = Counter(frontmatter.load(path)["id"] for path in RUNBOOKS)
    assert [runbook for runbook, count in counts.items() if count > 1] == []


@per_runbook
def test_front_matter_is_exact(path):
    """The front matter has the five keys in their order, with values of the closed vocabularies."""
    document = frontmatter.load(path)
    keys = re.findall(r"(?m)^(\w+):", path.read_text(encoding="utf-8").split("---")[1])
    assert keys == FRONT_MATTER
    assert document["category"] in set(Category)
    assert document["severity"] in set(Severity)
    assert document["components"]
    assert all(isinstance(component, str) for component in document["components"])
    assert document.content.startswith(f"# {document['title']}\n")


@per_runbook
def test_sections_are_there_in_order(path):
    """All five sections stand in the order in which a person works: symptom, cause, check, fix, prevent."""
    assert list(sections_of(path)) == SECTIONS
    assert all(sections_of(path).values())


@per_runbook
def test_symptom_ends_in_plain_words(path):
    """What people notice, and what monitoring reports, in one piece of the index: questions use no words of logs."""
    _, heading, plain = sections_of(path)["Symptom"].partition("### In plain words\n")
    assert heading
    noticed, monitored = plain.strip().split("\n\n")
    assert len(noticed.split()) > 40
    assert len(monitored.split()) > 20
    assert len(plain) <= SECTION_CHARS
    assert "`" not in plain


@per_runbook
def test_every_step_parses(path):
    """Check has four to six commands and Fix three to six commands or edits, each explained in one sentence."""
    sections = sections_of(path)
    check, fix = sections["Check"].splitlines(), bullets_of(sections["Fix"])
    assert all(COMMAND_STEP.fullmatch(line) for line in check), check
    assert 4 <= len(check) <= 6
    assert 3 <= len(fix) <= 6
    for bullet in [*check, *fix]:
        assert not re.search(r"[.!?] [A-Z]", CODE.sub("code", step(bullet)["sentence"])), (
            f"more than one sentence: {bullet}"
        )


@per_runbook
def test_fix_begins_with_how_to_choose(path):
    """Fix opens with prose on which step to choose, and Cause and Prevent are lists."""
    sections = sections_of(path)
    assert not sections["Fix"].startswith("- ")
    assert 3 <= len(bullets_of(sections["Cause"])) <= 6
    assert sections["Cause"].startswith("- ")
    assert sections["Prevent"].startswith("- ")


@per_runbook
def test_checks_only_read(path):
    """No command under Check changes the cluster, a node or a file."""
    commands = [step(bullet)["command"] for bullet in bullets_of(sections_of(path)["Check"])]
    assert {command: change for command in commands if (change := change_by(command))} == {}


@per_runbook
def test_domains_are_those_of_the_exam(path):
    """Each step names exactly one of the five domains of the CKA exam."""
    sections = sections_of(path)
    domains = {step(bullet)["domain"] for bullet in bullets_of(sections["Check"]) + bullets_of(sections["Fix"])}
    assert domains <= CKA_DOMAINS


@per_runbook
def test_text_is_plain_and_wrapped(path):
    """A runbook has 60 to 110 lines, prose of at most 120 characters a line, and no HTML or links outside code."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert 60 <= len(lines) <= 110
    assert [line for line in lines if len(line) > 120 and not line.startswith("- ")] == []
    assert not re.search(r"<|\]\(|https?://", CODE.sub("code", text.split("---\n", 2)[2]))


@pytest.mark.parametrize(
    "command",
    [
        "kubectl apply -f x.yaml",
        "kubectl delete pod <pod> -n <namespace>",
        "kubectl rollout restart deployment/<deployment>",
        "kubectl rollout undo deployment/<deployment>",
        "kubectl create token <name>",
        "kubectl debug -it <pod> --image=busybox",
        "kubectl -n <namespace> scale deployment/<deployment> --replicas=0",
        "kubectl drain <node> --ignore-daemonsets",
        "kubectl exec <pod> -- rm -rf /data",
        "kubectl exec <pod> -- sh -c 'anything'",
        "kubectl exec <pod> -- psql -U postgres -c 'DELETE FROM users'",
        "kubectl exec <pod> -- psql -c 'SELECT pg_terminate_backend(1)'",
        "kubectl exec <pod> -- redis-cli config set maxmemory 1",
        "kubectl get pods -o name | xargs kubectl delete",
        "kubectl get pods && kubectl delete pod <pod>",
        "kubectl get pod <pod> -o yaml > pod.yaml",
        "sudo systemctl restart kubelet",
        "systemctl stop containerd",
        "helm upgrade <release> <chart>",
        "helm rollback <release> 1",
        "helm uninstall <release>",
        "flux reconcile kustomization <name>",
        "flux suspend kustomization <name>",
        "flux resume kustomization <name>",
        "kubeadm certs renew all",
        "etcdctl --endpoints=https://127.0.0.1:2379 snapshot save x.db",
        "etcdctl alarm disarm",
        "crictl rmi --prune",
        "journalctl --vacuum-size=1G",
        "sysctl -w vm.swappiness=0",
        "curl -X POST http://127.0.0.1/x",
    ],
)
def test_the_guard_knows_commands_that_change_something(command):
    """The deny list refuses verbs that change something, also behind exec, pipes, redirections and sudo."""
    assert change_by(command)


@pytest.mark.parametrize(
    "command",
    [
        "kubectl auth can-i create pods -n <namespace>",
        "kubectl rollout history deployment/<deployment>",
        "kubectl exec <pod> -c <container> -- cat /etc/resolv.conf",
        "kubectl exec <pod> -- psql -c 'SELECT count(*) FROM pg_stat_activity'",
        "kubectl get --raw /metrics | grep deprecated",
        "etcdctl --endpoints=https://127.0.0.1:2379 endpoint status -w table",
        "kubeadm certs check-expiration",
        "flux get all -A",
        "helm history <release>",
        "systemctl status kubelet",
    ],
)
def test_the_guard_lets_reading_pass(command):
    """The deny list does not refuse commands that only look, even where a verb appears as an object."""
    assert change_by(command) is None
