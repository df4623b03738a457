// A cited line among its neighbours. Log text is shown as it was written, as text nodes.
import { useEffect, useRef } from "react";

export default function LogPanel() {
  const panel = useRef(null);
  useEffect(() => {
    panel.current?.querySelector("[data-cited=true]")?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <section ref={panel} className="kla-panel" aria-label={`Evidence ${props.id}`}>
      <dl className="kla-labels">
        {props.labels.map((label) => (
          <div key={label.name}><dt>{label.name}</dt><dd>{label.value}</dd></div>
        ))}
      </dl>
      {props.excerpts.length === 0 && <pre className="kla-log kla-line" data-cited="true">{props.text}</pre>}
      {props.excerpts.map((excerpt, index) => (
        <div key={index}>
          {excerpt.half && <h3 className="kla-half">{excerpt.half}</h3>}
          <ol className="kla-lines">
            {excerpt.lines.map((line) => (
              <li key={line.position} className="kla-line" data-cited={line.cited}>
                <time>{line.time || "no time"}</time>
                <span className="kla-log">{line.text}</span>
              </li>
            ))}
          </ol>
        </div>
      ))}
      <p className="kla-source">{props.source}{props.time && `, ${props.time} UTC`}. Secrets are hidden.</p>
    </section>
  );
}
