"""dlspec from Python, for notebooks and scripts: `dlspec.load(path)`, and what a spec is asked."""
