// Both windows of a comparison side by side, lines over time by severity, on one scale: heights are lines a minute.
import { useState } from "react";

const HEIGHT = 96;
// What is rare must still be seen: no non-zero part of a bar is lower than this.
const LEAST = 2;

function bars(side, off, top) {
  const rects = [];
  side.times.forEach((_, slot) => {
    let base = HEIGHT;
    for (const { severity, rates } of side.series) {
      if (off[severity] || !rates[slot]) continue;
      const height = Math.max(LEAST, (rates[slot] / top) * (HEIGHT - 6));
      base -= height;
      rects.push(
        <rect key={`${severity}-${slot}`} data-severity={severity} x={slot * 10 + 1} y={base} width={8} height={height} />
      );
    }
  });
  return rects;
}

function hints(side, off) {
  return side.times.map((time, slot) => {
    const said = side.series.filter(({ severity, counts }) => !off[severity] && counts[slot])
      .map(({ severity, counts }) => `${severity} ${counts[slot].toLocaleString("en")}`);
    return (
      <rect key={`hint-${slot}`} className="kla-hit" x={slot * 10} y={0} width={10} height={HEIGHT}>
        <title>{`${time} UTC, ${side.each}\n${said.join("\n") || "no lines"}`}</title>
      </rect>
    );
  });
}

function Side({ side, off, top, open }) {
  const last = side.times.length - 1;
  return (
    <div className="kla-side" data-side={side.name}>
      <p className="kla-side-head"><strong>{side.title}</strong> <span>{side.span}</span></p>
      <p className="kla-side-lines">{side.lines}</p>
      {side.times.length > 0 && (
        <>
          <div className="kla-chart">
            {side.events.map((event, index) => (
              <button key={index} type="button" className="kla-mark" style={{ left: `${event.at * 100}%` }}
                title={`${event.time} UTC ${event.text}`} aria-label={`${event.time}: ${event.text}`}
                disabled={!event.id} onClick={() => open(event.id)} />
            ))}
            <svg viewBox={`0 0 ${side.times.length * 10} ${HEIGHT}`} preserveAspectRatio="none" role="img"
              aria-label={`${side.title}: ${side.lines}`}>
              {bars(side, off, top)}
              {hints(side, off)}
            </svg>
          </div>
          <div className="kla-axis"><span>{side.times[0]}</span><span>{side.times[last]} UTC</span></div>
        </>
      )}
    </div>
  );
}

export default function Compared() {
  const [off, setOff] = useState({});
  const open = (id) => callAction({ name: "open_evidence", payload: { turn: props.turn, id } });
  const heights = props.sides.flatMap((side) => side.times.map((_, slot) =>
    side.series.reduce((sum, { severity, rates }) => sum + (off[severity] ? 0 : rates[slot]), 0)));
  const top = Math.max(1e-9, ...heights);
  const peak = top >= 10 ? Math.round(top).toLocaleString("en") : top.toFixed(1);
  return (
    <section className="kla-card kla-compared" aria-label="Both windows">
      <div className="kla-row">
        <h3>Both windows <span className="kla-quiet">up to {peak} lines a minute</span></h3>
        <div className="kla-legend">
          {props.severities.map((severity) => (
            <button key={severity} type="button" aria-pressed={!off[severity]} data-severity={severity}
              title={off[severity] ? `Show ${severity}` : `Hide ${severity}`}
              onClick={() => setOff({ ...off, [severity]: !off[severity] })}>
              <i /> {severity}
            </button>
          ))}
        </div>
      </div>
      <div className="kla-sides">
        {props.sides.map((side) => <Side key={side.name} side={side} off={off} top={top} open={open} />)}
      </div>
      {props.marked && <p className="kla-key"><i className="kla-mark" /> {props.marked}</p>}
    </section>
  );
}
