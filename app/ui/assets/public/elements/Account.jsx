// What was looked at and how the answer was made, with what has to be warned of.
import { ExternalLink, TriangleAlert } from "lucide-react";

export default function Account() {
  return (
    <section className="kla-account" aria-label="What was looked at">
      {props.warnings.map((warning, index) => (
        <p key={index} className="kla-warning"><TriangleAlert size={15} /> <span>{warning}</span></p>
      ))}
      <dl>
        {props.rows.map((row) => (
          <div key={row.name}>
            <dt>{row.name}</dt>
            <dd>
              {row.value}
              {row.link && (
                <a href={row.link} target="_blank" rel="noreferrer noopener"><ExternalLink size={13} /> Open in Grafana</a>
              )}
            </dd>
          </div>
        ))}
      </dl>
      <p className="kla-trace">
        <span>trace <code>{props.trace}</code></span>
        {props.traceLink && (
          <a href={props.traceLink} target="_blank" rel="noreferrer noopener"><ExternalLink size={13} /> Open in Grafana</a>
        )}
      </p>
    </section>
  );
}
