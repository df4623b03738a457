// A ranking, counted and not worded by a model: a bar for each thing, and the lines behind it.
const WORDS = { errors: "errors", warnings: "warnings", lines: "lines" };

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

export default function Ranking() {
  const top = Math.max(1, ...props.rows.map((row) => row[props.measure]));
  return (
    <section className="kla-card" aria-label="Ranking">
      <h3>{props.title}</h3>
      {props.rows.length === 0 && <p>{props.none}</p>}
      <table className="kla-table">
        <thead>
          <tr>
            <th scope="col" colSpan={2}>{props.by}</th>
            {["errors", "warnings", "lines"].map((name) => (
              <th key={name} scope="col" data-asked={name === props.measure}>{WORDS[name]}</th>
            ))}
            <th scope="col"><span className="kla-hidden">evidence</span></th>
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.rank} className="kla-rank">
              <td className="kla-rank-number">{row.rank}</td>
              <th scope="row">
                <span className="kla-rank-name">{row.name}</span>
                <span className="kla-bar"><i data-severity={row.severity} style={{ width: `${Math.max(1, (row[props.measure] / top) * 100)}%` }} /></span>
                <span className="kla-log kla-rank-said">{row.said}</span>
              </th>
              {["errors", "warnings", "lines"].map((name) => (
                <td key={name} className="kla-number-cell" data-asked={name === props.measure}>{row[name].toLocaleString("en")}</td>
              ))}
              <td><Citations items={row.citations} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      {props.more && <p className="kla-key">{props.more}</p>}
    </section>
  );
}
