// Lines that hold what was asked for, newest first, as they were written.
export default function Lookup() {
  const open = (id) => callAction({ name: "open_evidence", payload: { turn: props.turn, id } });
  return (
    <section className="kla-card" aria-label="Lines found">
      <div className="kla-row"><h3>{props.title}</h3>{props.places && <span className="kla-quiet-text">{props.places}</span>}</div>
      {props.lines.length === 0 && <p>{props.none}</p>}
      <ol className="kla-lines">
        {props.lines.map((line) => (
          <li key={line.id} className="kla-line kla-found">
            <time>{line.time} <span>{line.source}</span></time>
            <span className="kla-log">{line.text}</span>
            <button type="button" className="kla-cite" data-kind={line.kind} aria-label={`Open evidence ${line.id}`}
              onClick={() => open(line.id)}>
              {line.id}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}
