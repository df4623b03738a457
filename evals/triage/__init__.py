"""Is the triage right? Labelled cases through the pipeline that serves people, and two baselines beside it."""
