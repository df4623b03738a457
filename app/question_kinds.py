"""Which of the six kinds a question is of, by its wording; None where no wording is telling."""

import re
from collections.abc import Callable

from retrieval.taxonomy import IntentKind

_THING = r"(?:pod|namespace|app|application|container|node|component|service|workload|deployment|team|host|machine)s?"
_TROUBLE = r"(?:errors?|warnings?|failures?|problems?|issues?|exceptions?|crash\w*|restarts?|trouble|noise)"
_ENTRIES = r"(?:log ?lines?|lines?|messages?|log ?entr(?:y|ies)|entr(?:y|ies)|logs?|events?)"

_HOW_DO = re.compile(
    r"^\W*(?:please |so |and |ok,? )*how (?:do i|do you|do we|can i|can we|could i|should i|should we|would i|to)\b"
    r"|\bhow to\b|\bhow do i\b"
)
_HOWTO = re.compile(
    r"^\W*how (?:does|do) (?:an? |the )?[\w\- ]{2,40} work\b|^\W*(?:the )?steps (?:to|for)\b|"
    r"^\W*(?:please )?(?:how (?:do|can|should|would|to)\b"
    r"|what (?:does|is|are) (?:an? |the )?[\w\- ]{3,40}(?: mean| for)\b|what(?:'s| is) an? (?!good (?:summary"
    r"|overview))"
    r"|explain\b(?! (?:to me )?what(?:'s| is| has| was)?\b(?! a\b| an\b))|teach\b|what does\b.*\bmean|what(?:'s"
    r"| is) the (?:difference|meaning|purpose)\b|difference between\b)"
)
_CHANGES = re.compile(
    r"\bnot the same\b|\bnovel\b|\b(?:set|put|hold)\b.*\bagainst\b|\b(?:wasn't|weren't|isn't|aren't|was not|were not"
    r"|is not) (?:there|present) (?:before"
    r"|yesterday|earlier|until|last)"
    r"|\bshift(?:ed|s)?\b|\bdeltas?\b|\bcontrast\w*\b|\b(?:is|are|was|were|anything|something|what's"
    r"|looks) (?:brand )?new\b|\bturned up\b"
    r"|"
    r"\bwhat(?:'?s| is| has| have| was| were| did)?(?: \w+){0,3}? (?:changed?|changing|new|different"
    r"|differently)\b(?! me)"
    r"|\b(?:any(?:thing|one)?|some(?:thing)?|did \w+|has \w+|have \w+) (?:\w+ )?(?:changed?|new|different(?:ly)?)\b"
    r"|\bchang(?:es?|ed)\b(?! (?:me|the|my|a)\b)|\bcompar(?:e[ds]?|ing|ison)\b|\bdiff(?:er(?:s|ed|ent|ence|ences)?)?\b"
    r"|\bversus\b|\bvs\b|\bregress(?:ed|ion|ions)?\b|\bsince the (?:deploy\w*|roll-?out|upgrade|release|update"
    r"|restart)\b"
    rf"|\bnew(?:ly)? (?:kinds? of |types? of |in |appear\w* |{_ENTRIES} |{_TROUBLE}\b|patterns?\b)"
    r"|\b(?:start(?:ed|s)? (?:to )?(?:appear\w*|show\w* up|happening)|appeared|showed up|disappeared|vanished"
    r"|went (?:quiet|silent))\b"
    r"|\bstopped (?:appearing|logging|happening|showing)\b|\bno longer\b|\bgone (?:since|compared)\b"
    r"|\b(?:more|fewer|less|worse|better|noisier|quieter|louder|higher|lower|often)\b.*\bthan\b"
    r"|\bthan (?:before|usual|yesterday|normal|last week|the (?:hour|day|week) before)\b"
    r"|\b(?:before and after|increase[ds]?|decrease[ds]?|spike[ds]?|went up|went down|gone up|gone down)\b"
)  # fmt: skip
_RANKING = re.compile(
    r"\b(?:most|least) (?:talkative|chatty|verbose|noisy|broken|unstable|active)\b|"
    r"\btop[ -]?(?:\d+|three|five|ten)\b|\btop (?:talkers?|offenders?|error|producers?)"
    rf"|\btop {_THING}|\brank(?:ed|ing|s)?\b|\bleaderboard\b"
    rf"|\b(?:noisiest|loudest|chattiest|busiest|quietest|unhealthiest)\b|\b(?:worst|biggest|heaviest"
    rf"|sickest) (?:\w+ )?(?:{_THING}|offenders?|producers?|talkers?|loggers?|source)\b"
    rf"|\b(?:most|fewest|least) (?:of the )?(?:{_TROUBLE}|{_ENTRIES}|frequent|common|often|failing|output|volume)"
    rf"|\b(?:which|what|whose|who) (?:\w+ )?(?:{_THING})? ?.{{0,60}}\b(?:most|least|fewest|worst)\b"
    rf"|\b(?:{_TROUBLE}|{_ENTRIES}|counts?|volume|number of \w+|how many \w+)(?: count\w*| volume| total\w*)? (?:by"
    rf"|per|grouped by|broken down by|for each|in each|in every) (?:the )?{_THING}"
    rf"|\b(?:order|sort|list|break down|group|count|distribut\w+)\b.* by {_THING}|\b{_THING} (?:by|sorted by"
    rf"|ordered by|ranked by|with the (?:most|highest|largest))"
    r"|\bwho (?:is |are )?(?:logs?|spam\w*|produc\w+|writ\w+|generat\w+|caus\w+|complain\w*)\b.*\b(?:most|loudest)\b"
)  # fmt: skip
_SUMMARY = re.compile(
    r"^\W*(?:please )?(?:describe|tell me about|talk about) (?:the |my )?(?:last|past|previous|cluster|night|day"
    r"|morning|week|today|yesterday)\b|"
    r"\b(?:recapitulat\w+|gist|the story|storyline|in brief|walk me through|talk me through|run me through|condense"
    r"|boil (?:it )?down|wrap[ -]?up|round-?up)\b|"
    r"\b(?:summar(?:y|ies|i[sz]e[sd]?|i[sz]ing)|overview|recap|digest|run-?down|tl;?dr|big picture|briefing"
    r"|highlights)\b"
    r"|\bwhat(?: has|'s| was| is)? (?:happened|going on|happening|been going on|been happening|went on"
    r"|goes on)\b(?! (?:to|with) )"
    r"|\b(?:health|status|morning|daily|situation|shift) (?:report|summary|check|update)\b|\bhand-?over\b"
    r"|\breport (?:on|of|for)\b"
    r"|\bhow (?:is|are|was|were|did|has|have|'s) (?:the |my |our |everything |all )?(?:cluster|things|everything"
    r"|system|night|day|week|weekend|morning|namespace|it all)\b"
    r"|\b(?:catch me up|bring me up to speed|fill me in|what did i miss|in a nutshell|in short|state of (?:the |my )?)"
    r"|\b(?:anything|something) (?:interesting|notable|noteworthy|worth knowing|i should know)\b|\bsum up\b"
    r"|\bsum it up\b|\bbrief me\b"
)  # fmt: skip
_WHY = re.compile(
    r"\b(?:culprits?|to blame)\b|"
    r"^\W*(?:and |so |but )?why\b|\broot cause\b|\bwhat(?:'s| is| are| was)?(?: the| my)? (?:\w+ )?(?:wrong|failing"
    r"|broken|down|cause|causing|problems?)\b"
    r"|^\W*(?:please |can you |could you )?(?:show|find|list|tell|give|figure)(?: me| us| out| all| the| any"
    r"| my)* (?:why|what|problems?|issues?|failures?|cause|reason|broken|failing)\b"
)  # fmt: skip
# "Why is it slow since the upgrade?" wants the cause, and "This repeats since the upgrade. Is it serious?" a judgement,
# neither of which a comparison of counts tells; "what changed, and why?" wants both, and gets what changed.
_CAUSE = re.compile(
    r"\b(?:any|some)thing (?:is )?(?:wrong|to (?:do|worry))\b|\bworr(?:y|ied|ying)\b|\b(?:ignore|care)\b"
    r"|\b(?:is|are|was|does) (?:it|this|that|they|these|those)(?: \w+)? (?:serious|harmless|dangerous|normal|expected"
    r"|bad|fine|ok|okay|a problem|matter|mean)\b|\bwhat (?:does|do|did) (?:it|this|that|they|these|those) mean\b"
    r"|\bwhy\b|\bwhat(?:'s| is| are| was| went)? (?:the |my )?(?:wrong|failing|fails?|broken|broke|breaking|cause\w*)\b"
)
_CHANGED = re.compile(
    r"\bwhat(?:'?s| is| has| have| was| were| did)?(?: else)? (?:chang\w+|new|different)\b|\bcompar|\bdiffer|\bthan\b"
    r"|\bregress|\bversus\b|\bvs\b"
    rf"|\b(?:any(?:thing)?|something|there)(?: \w+)? (?:chang\w+|new)\b|\bdid \w+(?: \w+)? change\b|\bor changed\b"
    rf"|\bnew {_TROUBLE}|{_TROUBLE} (?:that are )?new\b|\b(?:which|what) \w+ (?:are new|(?:dis)?appear\w*|vanished)\b"
    rf"|\b(?:has|have|did) .*(?:increase|decrease|go(?:ne)? (?:up|down))|\b{_TROUBLE} went (?:up|down)\b"
)
_LOOKUP = re.compile(
    rf"^\W*(?:the )?{_ENTRIES} (?:about|on|regarding|of|from)\b|"
    rf"^\W*(?:all|every)(?: the)? (?:errors?|warnings?|{_ENTRIES})\b.*\b(?:of|from|in|since|during)\b"
    r"|\b(?:has|have|did) (?:anything|anyone|something|any \w+) (?:logged|said|printed|mentioned|reported)\b|"
    r"^\W*(?:please |can you |could you |and |now |then |i want to |i'd like to |let me |help me )*"
    r"(?:show|find|list|grep|search|give|print|get|display|fetch|pull up|look up|look for|see|tail|dump|cat|retrieve"
    r"|locate|filter)\b"
    rf"|\b(?:which|any|all|every|the|those|what) {_ENTRIES} (?:with|that|contain\w*|mention\w*|match\w*|about|say\w*"
    rf"|includ\w*|hold\w*|like|where)\b"
    rf"|\b{_ENTRIES} (?:with|that (?:say|contain|mention|match|include|hold)\w*|containing|mentioning|matching"
    rf"|including|saying)\b"
    r"|^\W*(?:and )?when (?:did|was|were|is|has|had|does)\b|\bwhere (?:is|are|does|do|did|was) .*\b(?:logged|appear"
    r"|occur|mentioned|seen|show up)"
    r"|\bhow (?:often|many times)\b|\bhow many (?:lines|messages|entries|log lines|events)\b"
    r"|\b(?:is|are|was|were) there (?:an?|any|some) (?:lines?|messages?|log|entry|entries|mention|occurrences?"
    r"|trace) (?:of|with|about|for|that)\b"
    r"|\boccurrences? of\b|\bmentions? of\b|\bdid (?:anyone|anything|any \w+|something) (?:log|say|print|mention"
    r"|report)\b"
    r"|\b(?:first|last|latest|newest|most recent) (?:time|occurrence|lines?|entries|messages?|logs?)\b"
)  # fmt: skip


def kind_of(question: str, *, compared: bool = False) -> IntentKind | None:
    """The kind that the wording tells, first match wins; `compared` says that the question names two windows."""
    text = " ".join(question.lower().replace("’", "'").split())
    rules: tuple[tuple[IntentKind, Callable[[], bool]], ...] = (
        (IntentKind.CHANGES, lambda: compared),
        (IntentKind.HOWTO, lambda: bool(_HOW_DO.search(text) or _HOWTO.search(text))),
        (IntentKind.RANKING, lambda: bool(_RANKING.search(text)) and not _WHY.search(text)),
        (IntentKind.CHANGES, lambda: bool(_CHANGES.search(text)) and not _asks_for_a_cause(text)),
        (IntentKind.SUMMARY, lambda: bool(_SUMMARY.search(text))),
        (IntentKind.TRIAGE, lambda: bool(_WHY.search(text))),
        (IntentKind.LOOKUP, lambda: bool(_LOOKUP.search(text))),
    )
    return next((kind for kind, holds in rules if holds()), None)


def _asks_for_a_cause(text: str) -> bool:
    return bool(_CAUSE.search(text)) and not _CHANGED.search(text)
