// Was the answer right? A correction is typed here and sent as text.
import { useState } from "react";
import { ThumbsDown, ThumbsUp } from "lucide-react";

export default function Rating() {
  const [state, setState] = useState("open");
  const [text, setText] = useState("");
  const send = (correction) => {
    setState("sent");
    callAction({ name: "rate_answer", payload: { turn: props.turn, correction } });
  };
  if (state === "sent") return <p className="kla-by">Thank you.</p>;
  return (
    <section className="kla-rating" aria-label="Rate this answer">
      <span className="kla-by">Was this right?</span>
      <button type="button" className="kla-button" onClick={() => send(null)}><ThumbsUp size={14} /> Yes</button>
      <button type="button" className="kla-button" onClick={() => setState("correct")}><ThumbsDown size={14} /> No</button>
      {state === "correct" && (
        <form className="kla-grow" onSubmit={(event) => { event.preventDefault(); if (text.trim()) send(text); }}>
          <input className="kla-input" aria-label="What was the root cause?" placeholder="What was the root cause?"
            value={text} maxLength={1000} onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="kla-button" data-main="true">Send</button>
        </form>
      )}
    </section>
  );
}
