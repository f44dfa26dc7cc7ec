"""The measurements behind docs/benchmarks.md: each module measures one section of the page."""
