"""How to run it for real: image, compose, Kubernetes, GitOps, dashboards, rules, and the checks of all of these."""
