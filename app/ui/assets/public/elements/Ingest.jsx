// An admin's ingestion of runbooks: the choice of a folder, its progress, its result. Every text is a text node.
import { BookPlus, CircleAlert, CircleCheck, LoaderCircle } from "lucide-react";

function Choice() {
  const start = (folder, dryRun) => callAction({ name: "ingest_folder", payload: { folder, dry_run: dryRun } });
  return (
    <>
      {props.folders.length > 0 && <h3>Ingest runbooks from</h3>}
      {props.folders.map((folder) => (
        <div key={folder} className="kla-ingest-row">
          <span className="kla-log kla-grow">{folder}</span>
          <button type="button" className="kla-button" onClick={() => start(folder, true)}>Show the difference</button>
          <button type="button" className="kla-button" data-main="true" onClick={() => start(folder, false)}>
            <BookPlus size={15} /> Ingest
          </button>
        </div>
      ))}
      {props.rated > 0 && (
        <div className="kla-ingest-row">
          <span className="kla-grow">Rated answers that wait: {props.rated}</span>
          <button type="button" className="kla-button" onClick={() => callAction({ name: "keep_rated", payload: {} })}>
            Keep them as incidents
          </button>
        </div>
      )}
    </>
  );
}

function Running() {
  return (
    <>
      <p><LoaderCircle size={16} className="kla-spin" /> Ingesting <span className="kla-log">{props.folder}</span></p>
      <progress className="kla-progress" aria-label="Texts embedded" max={props.total || 1}
        value={props.total ? props.done : undefined} />
      <p className="kla-by">{props.words}</p>
    </>
  );
}

function Ended() {
  const good = props.phase === "done" && props.ok;
  const Icon = good ? CircleCheck : CircleAlert;
  return (
    <>
      <p><Icon size={16} /> <span className="kla-strong">{props.words}</span></p>
      {props.failures?.map((line) => <p key={line} className="kla-failure">{line}</p>)}
      {props.names?.length > 0 && (
        <details><summary>Documents</summary>{props.names.map((line) => <p key={line} className="kla-log">{line}</p>)}</details>
      )}
      <p className="kla-by">{props.folder}</p>
    </>
  );
}

export default function Ingest() {
  return (
    <section className="kla-card kla-ingest" data-phase={props.phase} role="status" aria-label="Ingestion">
      {props.phase === "choose" ? <Choice /> : props.phase === "running" ? <Running /> : <Ended />}
    </section>
  );
}
