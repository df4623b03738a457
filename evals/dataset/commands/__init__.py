"""The steps of `logagent dataset` on the command line, one a file."""
