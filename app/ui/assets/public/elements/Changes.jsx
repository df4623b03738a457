// What changed between two windows, most important first; counted, and not worded by a model.
import { useState } from "react";
import { ChevronRight, Clock } from "lucide-react";

const FIRST = 8;

function Sparks({ sparks, severity }) {
  const top = Math.max(1, ...sparks.flat());
  const width = sparks[0].length * 4;
  const drawn = (counts, offset) => counts.map((count, slot) =>
    count ? (
      <rect key={`${offset}-${slot}`} data-severity={severity} x={offset + slot * 4} width={3}
        y={24 - Math.max(2, (count / top) * 24)} height={Math.max(2, (count / top) * 24)} />
    ) : null);
  return (
    <svg className="kla-sparks" viewBox={`0 0 ${width * 2 + 8} 24`} preserveAspectRatio="none" aria-hidden="true">
      {drawn(sparks[0], 0)}
      <line className="kla-between" x1={width + 4} x2={width + 4} y1={0} y2={24} />
      {drawn(sparks[1], width + 8)}
    </svg>
  );
}

function Citations({ items }) {
  const open = (id) => callAction({ name: "open_evidence", payload: { turn: props.turn, id } });
  return (
    <span className="kla-cites">
      {items.map((item) => (
        <button key={item.id} type="button" className="kla-cite" data-kind={item.kind} title={item.hint}
          aria-label={`Open evidence ${item.id}`} onClick={() => open(item.id)}>
          {item.id}
        </button>
      ))}
    </span>
  );
}

function Change({ change }) {
  const [opened, setOpened] = useState(false);
  return (
    <li className="kla-change" data-kind={change.kind}>
      <div className="kla-badges">
        <span className="kla-severity" data-severity={change.severity}>{change.severity}</span>
        <span className="kla-kind" data-kind={change.kind}>{change.label}</span>
      </div>
      <div className="kla-change-said">
        <div className="kla-change-title">
          <span className="kla-strong">{change.component}</span> <span>{change.sentence}</span> <Citations items={change.citations} />
        </div>
        <button type="button" className="kla-template" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <ChevronRight size={14} className={opened ? "kla-turned" : ""} />
          <span className={opened ? "kla-log" : "kla-log kla-clamp"}>{change.template}</span>
        </button>
        {change.near.map((near, index) => (
          <p key={index} className="kla-near"><Clock size={13} /> <span>{near.text} <Citations items={near.citations} /></span></p>
        ))}
        {opened && (
          <div className="kla-samples">
            <div className="kla-place">{change.facts}</div>
            <pre className="kla-log">{change.sample}</pre>
          </div>
        )}
      </div>
      <div className="kla-change-chart" title={`${change.counts[0].toLocaleString("en")} before, ${change.counts[1].toLocaleString("en")} after`}>
        <Sparks sparks={change.sparks} severity={change.severity} />
        <div className="kla-counts"><span>{change.counts[0].toLocaleString("en")}</span><span>{change.counts[1].toLocaleString("en")}</span></div>
      </div>
    </li>
  );
}

export default function Changes() {
  const [all, setAll] = useState(false);
  const shown = all ? props.changes : props.changes.slice(0, FIRST);
  return (
    <section className="kla-card" aria-label="What changed">
      <div className="kla-row">
        <h3>What changed, most important first</h3>
        {props.changes.length > 0 && <span className="kla-change-heads" aria-hidden="true"><span>before</span><span>after</span></span>}
      </div>
      {props.changes.length === 0 && <p>{props.none}</p>}
      <ol className="kla-changes">
        {shown.map((change, index) => <Change key={index} change={change} />)}
      </ol>
      {props.changes.length > FIRST && (
        <button type="button" className="kla-more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${props.changes.length}`}
        </button>
      )}
      {props.next.length > 0 && (
        <p className="kla-next">
          <span>Ask on</span>
          {props.next.map((question) => (
            <button key={question} type="button" onClick={() => sendUserMessage(question)}>{question}</button>
          ))}
        </p>
      )}
    </section>
  );
}
