"""Words of a question that tell neither what is looked for nor where."""

import re

FILLER = frozenset(
    re.findall(
        r"\w+",
        """
        a about after afternoon again ago all also an and any anything app application applications apps are as
        at bad be been before between both break breaking broke broken but by can cause caused change changed
        check cluster component components could current currently customer customers day days did do does doing
        down during each else error errors evening every everything explain fail failed failing fails failure
        few find for from get getting give going good got had happen happened happening has have health healthy
        hour hours how i in into is issue issues it its just k8s know kubernetes last less lines list log logs
        long look lot many me mean means minute minutes more morning most much my namespace need night node not
        nothing now of ok okay on only or other our out past people please pod pods problem problems really
        recent recently right root running see seen server servers service services should show since something
        start starting starts status still summarise summarize summary system tell than that the their them
        there these they thing things this time to today top up us user users very was way we week were what
        when where which while who why will with work working workload workloads would wrong yesterday you your
        """,
    )
)
