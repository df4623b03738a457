// A window by component: those in trouble in the order in which it began, then what was quiet.
import { useState } from "react";

const QUIET = 4;

function Spark({ counts, severity }) {
  const top = Math.max(1, ...counts);
  return (
    <svg className="kla-spark" viewBox={`0 0 ${counts.length * 4} 20`} preserveAspectRatio="none" aria-hidden="true">
      {counts.map((count, slot) => count ? (
        <rect key={slot} data-severity={severity} x={slot * 4} width={3}
          y={20 - Math.max(2, (count / top) * 20)} height={Math.max(2, (count / top) * 20)} />
      ) : null)}
    </svg>
  );
}

function Component({ row }) {
  const open = (id) => callAction({ name: "open_evidence", payload: { turn: props.turn, id } });
  return (
    <li className="kla-component">
      <span className="kla-severity" data-severity={row.severity}>{row.troubled ? row.severity : "quiet"}</span>
      <div>
        <span className="kla-strong">{row.component}</span> <span className="kla-quiet-text">{row.facts}</span>
        {row.said.map((said, index) => <div key={index} className="kla-log">{said}</div>)}
        <span className="kla-cites">
          {row.citations.map((item) => (
            <button key={item.id} type="button" className="kla-cite" data-kind={item.kind} title={item.hint}
              aria-label={`Open evidence ${item.id}`} onClick={() => open(item.id)}>
              {item.id}
            </button>
          ))}
        </span>
      </div>
      <span className="kla-count">{row.lines.toLocaleString("en")}</span>
      <Spark counts={row.spark} severity={row.severity} />
    </li>
  );
}

export default function Overview() {
  const [all, setAll] = useState(false);
  const troubled = props.components.filter((row) => row.troubled);
  const quiet = props.components.filter((row) => !row.troubled);
  const shown = all ? quiet : quiet.slice(0, QUIET);
  return (
    <section className="kla-card" aria-label="Summary by component">
      <div className="kla-row">
        <h3>By component, in the order in which trouble began</h3>
        <span className="kla-overview-heads" aria-hidden="true"><span>lines</span><span>over time</span></span>
      </div>
      <ol className="kla-components">
        {[...troubled, ...shown].map((row) => <Component key={row.component} row={row} />)}
      </ol>
      {quiet.length > QUIET && (
        <button type="button" className="kla-more" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${quiet.length} that are quiet`}
        </button>
      )}
    </section>
  );
}
