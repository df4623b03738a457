// The triage: status, severity, root cause, what to do. Every text is a React text node, so none of it can act.
import { useState } from "react";
import { Check, Copy, CircleAlert, CircleCheck, CircleHelp, GraduationCap, ListChecks, LoaderCircle, TriangleAlert } from "lucide-react";

const FIRST = 3;
const STATUS_ICONS = { problem: CircleAlert, healthy: CircleCheck, insufficient_evidence: CircleHelp, counted: ListChecks };

function Citations({ turn, items }) {
  const open = (id) => callAction({ name: "open_evidence", payload: { turn, id } });
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

function Command({ text }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1600);
  };
  return (
    <div className="kla-command">
      <pre tabIndex={0}><code>{text}</code></pre>
      <button type="button" onClick={copy} aria-label={copied ? "Copied" : "Copy the command"} title="Copy">
        {copied ? <Check size={15} /> : <Copy size={15} />}
      </button>
    </div>
  );
}

// The runbooks' own `code`, as text.
function prose(text) {
  return text.split(/(`[^`]+`)/g).map((part, index) =>
    /^`[^`]+`$/.test(part) ? <code key={index}>{part.slice(1, -1)}</code> : part
  );
}

function Action({ turn, action, number }) {
  return (
    <li className="kla-action">
      <span className="kla-number">{number}</span>
      <div className="kla-grow">
        <div className="kla-action-title">{prose(action.title)} <Citations turn={turn} items={action.citations} /></div>
        {action.command && <Command text={action.command} />}
        <p>{prose(action.explanation)}</p>
        {action.exam && (
          <span className="kla-exam"><GraduationCap size={14} /> CKA exam: {action.exam}</span>
        )}
      </div>
    </li>
  );
}

function Headline() {
  const Icon = STATUS_ICONS[props.status?.name];
  const facts = [props.component, props.category, props.confidence].filter(Boolean);
  return (
    <div className="kla-headline">
      {props.status ? (
        <span className="kla-status" data-status={props.status.name}>
          <Icon size={18} /> {props.status.label}
        </span>
      ) : (
        <span className="kla-status"><LoaderCircle size={18} className="kla-spin" /> {props.by} …</span>
      )}
      {props.severity && <span className="kla-severity" data-severity={props.severity}>{props.severity}</span>}
      <span className="kla-facts">{facts.map((fact) => <span key={fact}>{fact}</span>)}</span>
    </div>
  );
}

function Actions() {
  const [all, setAll] = useState(false);
  const shown = all ? props.actions : props.actions.slice(0, FIRST);
  const hidden = props.actions.length - shown.length;
  return (
    <>
      <h3>What to do</h3>
      <ol className="kla-actions">
        {shown.map((action, index) => (
          <Action key={index} turn={props.turn} action={action} number={index + 1} />
        ))}
      </ol>
      {hidden > 0 && (
        <button type="button" className="kla-more" onClick={() => setAll(true)}>Show {hidden} more</button>
      )}
    </>
  );
}

function Lesson({ lesson }) {
  return (
    <li className="kla-lesson">
      <code>{lesson.command}</code>
      {lesson.parts.length > 0 && (
        <dl>
          {lesson.parts.map((part) => (
            <div key={part.word}><dt><code>{part.word}</code></dt><dd>{part.meaning}</dd></div>
          ))}
        </dl>
      )}
      {lesson.why && <p>Why here: {prose(lesson.why)}</p>}
      {lesson.exam && <span className="kla-exam"><GraduationCap size={14} /> CKA exam: {lesson.exam}</span>}
      {lesson.practise && <p className="kla-practise">Practise: {lesson.practise}</p>}
    </li>
  );
}

function Coaching() {
  return (
    <section className="kla-coaching" aria-label="Coach">
      <h3>Coach</h3>
      <ol>{props.coaching.lessons.map((lesson, index) => <Lesson key={index} lesson={lesson} />)}</ol>
      <p className="kla-back">A question for you: {props.coaching.question}</p>
    </section>
  );
}

function Waiting() {
  return <div className="kla-waiting" aria-hidden="true"><i /><i /><i /></div>;
}

export default function Verdict() {
  const writing = props.phase !== "done";
  return (
    <section className="kla-card kla-verdict" data-phase={props.phase} aria-label="Triage" aria-busy={writing}>
      <Headline />
      {props.instead && <p className="kla-instead" role="status"><TriangleAlert size={15} /> {props.instead}</p>}
      {props.rootCause && <p className="kla-cause">{props.rootCause}</p>}
      {props.summary && <p className="kla-summary">{prose(props.summary)}</p>}
      {props.citations.length > 0 && (
        <p className="kla-evidence">Evidence <Citations turn={props.turn} items={props.citations} /></p>
      )}
      {writing && !props.summary && <Waiting />}
      {props.actions.length > 0 && <Actions />}
      {props.coaching && <Coaching />}
      {writing && props.status && <p className="kla-by"><LoaderCircle size={14} className="kla-spin" /> {props.by} …</p>}
      {!writing && <p className="kla-by">{props.by}</p>}
    </section>
  );
}
