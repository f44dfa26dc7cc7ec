"""Pictures of models: SVG, one page of HTML, Graphviz, Mermaid."""
