"""What is written: SVG, a page, Graphviz, Mermaid, with nothing of a spec that they could read as
theirs, and nothing from elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dlspec.graph.draw import FORMATS, draw
from dlspec.graph.words import edges, opened

GOLDENS = Path(__file__).parent / "goldens"
SUFFIX = {"dot": "dot", "mermaid": "mmd"}
SVG = "{http://www.w3.org/2000/svg}"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\\u0022 onload=alert(3) ]]> &"
HOSTILE = f"""
block Odd(note: str, n: int = 3) {{
  input x: f32[D]
  output x -> Dense(n)
}}
model Net(title: str = "{EVIL}") {{
  input x: f32[4]
  y = x -> Odd("{EVIL}") -> Odd("`#quot;\\n end %% [*]") -> Odd(title) * 2
  output z = y
}}
"""
NAME = "<img src=x onerror=alert(4)>.dls"


@pytest.mark.parametrize("form", SUFFIX)
@pytest.mark.parametrize(("spec", "depth"), [("digits", None), ("resnet", 1), ("lstm", None)])
def test_golden(model, form, spec, depth) -> None:
    golden = GOLDENS / f"{spec}.{SUFFIX[form]}"
    found = draw(model(f"{spec}.dls"), form, f"{spec}.dls", depth)
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8"), (
        "where the new text is right, accept it: UPDATE_GOLDENS=1 python -m pytest tests/graph"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_equal_specs_are_equal_pictures(model, net, form) -> None:
    assert draw(model(net), form, "net.dls") == draw(model(net), form, "net.dls")


# --- SVG --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["resnet.dls", HOSTILE], ids=["resnet", "hostile"])
def test_svg_is_xml_without_script_or_links(model, text) -> None:
    tree = ElementTree.fromstring(draw(model(text), "svg", NAME))
    known = {"svg", "title", "desc", "style", "defs", "marker", "path", "g", "rect", "text"}
    assert {e.tag.removeprefix(SVG) for e in tree.iter()} <= known | {"tspan", "circle"}
    for e in tree.iter():
        for name, value in e.attrib.items():
            assert not name.startswith("on") and "href" not in name
            assert "url(" not in value or value == "url(#tip)"
    (style,) = tree.iter(f"{SVG}style")
    assert "@import" not in style.text and "url(" not in style.text and "var(" not in style.text
    assert "prefers-color-scheme: dark" in style.text


def test_svg_shows_every_layer_with_its_shape(model) -> None:
    tree = ElementTree.fromstring(draw(model("digits.dls"), "svg", "digits.dls"))
    texts = ["".join(e.itertext()) for e in tree.iter(f"{SVG}text")]
    for title in ("Conv2D", "BatchNorm", "MaxPool2D", "GlobalAvgPool2D", "Dropout", "Dense"):
        assert title in texts
    assert texts.count("[32, 8, 8]") == 3 and texts.count("[10]") == 1
    assert "18.4 K MACs, 288 params" in texts
    classes = [e.get("class") for e in tree.iter(f"{SVG}rect")]
    assert classes.count("box c8") == 1  # the second convolution costs most
    assert classes.count("box c2") == 1 and classes.count("box c0") == 8


# --- the page ---------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would make of a page, as far as scripts and links go."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and data.strip():
            self.scripts.append(data)


def test_the_page_needs_nothing_from_elsewhere(model) -> None:
    text = draw(model("resnet.dls"), "html", "resnet.dls")
    for tag, attributes in Page(text).tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "image", "use")
        assert not {"src", "href", "xlink:href", "action"} & attributes.keys()
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|fetch\(|XMLHttpRequest|WebSocket|import\(", text)


def test_only_the_pages_own_script_may_run(model) -> None:
    text = draw(model("digits.dls"), "html", "digits.dls")
    policy = next(a["content"] for t, a in Page(text).tags if a.get("http-equiv"))
    script = text.rpartition("<script>")[2].partition("</script>")[0]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_names_of_a_spec_are_text(model) -> None:
    plain = Page(draw(model("digits.dls"), "html", "digits.dls"))
    page = Page(draw(model(HOSTILE), "html", NAME))
    assert {t for t, _ in page.tags} <= {t for t, _ in plain.tags} | {"g", "circle"}
    assert [t for t, _ in page.tags].count("script") == 3
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
    told = json.loads(page.scripts[1])
    assert any("<img src=x onerror" in value for rows in told.values() for _, value in rows)


def test_the_page_can_be_read_aloud_and_used_by_keys(model, graph) -> None:
    tags = Page(draw(model("resnet.dls"), "html", "resnet.dls")).tags
    items = [a for _, a in tags if a.get("role") == "treeitem"]
    assert len(items) == sum(not n.is_end for n in graph("resnet.dls").nodes.values())
    assert all(a["aria-label"] and a["tabindex"] == "-1" for a in items)
    label = (
        "Conv2D; 32, 1, stride=2, bias=false; named residuals.2.shortcut.conv2d; makes [32, 4, 4]; "
    )
    assert any(a["aria-label"].startswith(label) for a in items)
    folding = [a for a in items if a["class"].startswith("node folds")]
    assert all(a["aria-expanded"] in ("true", "false") for a in folding)
    assert sum(t == "svg" for t, _ in tags) == 1
    named = [a for t, a in tags if t in ("button", "input")]
    assert len(named) == 9


# --- text formats -----------------------------------------------------------------------------


def test_every_edge_is_written(model, graph, net) -> None:
    for depth in (0, 1, 9):
        shown = opened(graph(net), depth)
        count = len(list(edges(graph(net), shown)))
        dot, mermaid = (draw(model(net), form, "net.dls", depth) for form in SUFFIX)
        assert len(re.findall(r"^  n\d+ -> n\d+ \[label=", dot, re.MULTILINE)) == count
        assert len(re.findall(r"^  n\d+ -->\|", mermaid, re.MULTILINE)) == count
        for text, box in ((dot, r"^ +n(\d+) \["), (mermaid, r"^ +n(\d+)[\[(]")):
            boxes = set(re.findall(box, text, re.MULTILINE))
            ends = set(re.findall(r"^  n(\d+) --?[->]", text, re.MULTILINE))
            assert ends <= boxes | set(re.findall(r"subgraph n(\d+)", text))


def test_strings_of_a_spec_stay_in_quotes(model) -> None:
    dot = draw(model(HOSTILE), "dot", NAME, 9)
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot)
    assert set(re.findall(r"[a-z_]+", outside)) == {
        *("digraph", "node", "shape", "box", "style", "rounded", "fontname", "edge", "fontsize"),
        *("n", "label", "plaintext", "subgraph", "cluster_"),
    }
    mermaid = draw(model(HOSTILE), "mermaid", NAME, 9)
    for quoted in re.findall(r'"([^"]*)"', mermaid):
        assert not set('<>&"`%;[]{}|') & set(re.sub(r"<br>|#\d+;", "", quoted))
    outside = re.sub(r'"[^"]*"', '""', mermaid)
    assert set(re.findall(r"[a-zA-Z]+", outside)) == {"flowchart", "TB", "n", "subgraph", "end"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")
@pytest.mark.parametrize("text", [HOSTILE, "resnet.dls"], ids=["hostile", "resnet"])
def test_graphviz_reads_it(model, text) -> None:
    source = draw(model(text), "dot", NAME, 9)
    ran = subprocess.run(["dot", "-Tplain"], input=source, capture_output=True, text=True)
    assert ran.returncode == 0 and not ran.stderr, ran.stderr
