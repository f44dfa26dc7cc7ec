"""The page in a browser: the picture is that of the SVG, and everything can be done by keys.

Needs Chromium. The page's policy lets no other script run, so it is taken out of the copy that is
tried.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from dlspec.graph.draw import draw

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
    pytest.mark.slow,
]
SVG = "{http://www.w3.org/2000/svg}"
KEY = """
const key = (name) => current.dispatchEvent(
  new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
const title = () => told[current.id][0][1];
"""


@pytest.fixture
def browse(tmp_path) -> Callable[[str, str], Any]:
    """The value of an expression in a page."""

    def run(page: str, script: str) -> Any:
        page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
        tried = f"{KEY}const out = (() => {{ {script} }})();"
        shown = 'document.body.innerHTML = ""; document.body.append(JSON.stringify(out))'
        body = f"<script>window.onerror = (m) => document.body.append(m);</script><script>{tried}"
        path = tmp_path / "page.html"
        path.write_text(page.replace("</body>", f"{body};{shown}</script></body>"))
        command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        ran = subprocess.run(
            [*command, profile, path.as_uri()], capture_output=True, text=True, timeout=120
        )
        found = re.search(r"<body>(.*)</body>", ran.stdout, re.DOTALL)
        assert found, ran.stderr
        text = re.sub(
            r"&(lt|gt|amp);", lambda m: {"lt": "<", "gt": ">", "amp": "&"}[m[1]], found[1]
        )
        return json.loads(text)

    return run


@pytest.mark.parametrize("spec", ["digits.dls", "resnet.dls", "wine.dls", "net"])
def test_the_page_is_the_picture_of_the_svg(browse, model, net, spec) -> None:
    made = model(net if spec == "net" else spec)
    tree = ElementTree.fromstring(draw(made, "svg", spec))
    found = browse(
        draw(made, "html", spec),
        """
        const seen = (e) => e.getClientRects().length > 0;
        const all = (what) => [...picture.querySelectorAll(what)].filter(seen);
        const of = (e, ...names) => names.map((name) => e.getAttribute(name));
        return {
          lines: all(".edge").map((e) => e.getAttribute("d")),
          texts: all(".shape").map((e) => [...of(e, "x", "y"), e.textContent]),
          boxes: all("rect").map((e) => of(e, "class", "width", "height")),
          size: of(picture, "width", "height").map(Number),
          at: all(".node, .end").map((e) => e.getAttribute("transform")),
        };
        """,
    )
    edges = [e.get("d") for e in tree.iter(f"{SVG}path") if e.get("class") == "edge"]
    assert sorted(found["lines"]) == sorted(edges)
    shapes = [e for e in tree.iter(f"{SVG}text") if e.get("class") == "shape"]
    assert sorted(found["texts"]) == sorted([e.get("x"), e.get("y"), e.text] for e in shapes)
    rects = [[e.get("class"), e.get("width"), e.get("height")] for e in tree.iter(f"{SVG}rect")]
    assert sorted(found["boxes"]) == sorted(rects)
    places = [e.get("transform") for e in tree.iter(f"{SVG}g")][1:]  # without that of the margin
    assert sorted(found["at"][1:]) == sorted(places[1:])
    assert found["size"] == pytest.approx(
        [float(tree.get("width")), float(tree.get("height"))], abs=1
    )


def test_blocks_fold_and_unfold_by_keys(browse, model) -> None:
    found = browse(
        draw(model("resnet.dls"), "html", "resnet.dls", 0),
        """
        const steps = [];
        const note = () => steps.push([title(), isOpen(current), shown().length]);
        root.focus(); note();
        key("ArrowDown"); note();      // the first block, folded
        key("ArrowRight"); note();     // unfolds it
        key("ArrowRight"); note();     // goes in
        key("End"); note();
        key("Home"); key("ArrowDown"); key("ArrowLeft"); note();  // folds it
        key("Enter"); note();
        key(" "); note();
        key("ArrowLeft"); note();      // goes out
        return steps;
        """,
    )
    assert found == [
        ["ResNet", True, 8],
        ["ConvBN", False, 8],
        ["ConvBN", True, 11],
        ["Conv2D", False, 11],
        ["Dense", False, 11],
        ["ConvBN", False, 8],
        ["ConvBN", True, 11],
        ["ConvBN", False, 8],
        ["ResNet", True, 8],
    ]


def test_one_stop_of_the_tab_key_and_names_for_all(browse, model) -> None:
    found = browse(
        draw(model("resnet.dls"), "html", "resnet.dls"),
        """
        key("ArrowDown"); key("ArrowDown");
        const stops = [...picture.querySelectorAll("[tabindex='0']")];
        return [stops.length, stops[0] === current, document.activeElement === current,
          document.getElementById("facts").textContent];
        """,
    )
    assert found[:3] == [1, True, True]
    assert "nameconv_bn.conv2d" in found[3] and "MACs9,216" in found[3]


def test_clicks_fold_too_and_all_at_once(browse, model) -> None:
    found = browse(
        draw(model("resnet.dls"), "html", "resnet.dls", 0),
        """
        const click = (e) => e.dispatchEvent(new MouseEvent("click", { bubbles: true }));
        const counts = [shown().length];
        const block = picture.querySelectorAll(".folds")[1];
        click(block.querySelector(":scope > .face text")); counts.push(shown().length);
        click(inside(block).querySelector(":scope > .head text")); counts.push(shown().length);
        document.getElementById("unfold").click(); counts.push(shown().length);
        document.getElementById("fold").click(); counts.push(shown().length);
        return counts;
        """,
    )
    every = draw(model("resnet.dls"), "html", "resnet.dls").count('role="treeitem"')
    assert found == [8, 11, 8, every, 8]


def test_a_layer_is_found_wherever_it_is_folded(browse, model) -> None:
    found = browse(
        draw(model("resnet.dls"), "html", "resnet.dls", 0),
        """
        find.value = "shortcut.conv"; find.dispatchEvent(new Event("input"));
        const said = document.getElementById("found").textContent;
        find.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
        return [said, document.getElementById("found").textContent, told[current.id][1][1],
          visible(current)];
        """,
    )
    assert found == ["1 found", "1 of 1", "residuals.2.shortcut.conv2d", True]


def test_colours_follow_what_is_asked(browse, model) -> None:
    found = browse(
        draw(model("digits.dls"), "html", "digits.dls"),
        """
        const strong = () => [...picture.querySelectorAll(".c8")].map((e) =>
          told[e.closest(".node").id].find((r) => r[0] === "name")[1]);
        const by = document.getElementsByName("by"), most = document.getElementById("most");
        const before = [strong(), most.textContent];
        by[1].click();
        return [...before, strong(), most.textContent];
        """,
    )
    assert found == [["conv2d_2"], "295 K", ["conv2d_2"], "18.4 K"]


def test_a_model_of_hundreds_of_layers(browse, model) -> None:
    text = """
    block Res(c: int) {
      input x: f32[C, H, W]
      output x + (x -> Conv2D(c, 3, padding=same) -> ReLU)
    }
    model Deep { input x: f32[3, 8, 8]; output y = x -> Conv2D(8, 1) -> Res(8) * 150 -> Flatten }
    """
    found = browse(
        draw(model(text), "html", "deep.dls"),
        """
        const before = shown().length;
        document.getElementById("unfold").click();
        return [before, shown().length, picture.querySelectorAll(".edge").length];
        """,
    )
    assert found == [4, 604, 150 * 7 + 151 + 4]


def test_no_name_of_a_spec_runs(browse, model) -> None:
    evil = "</script><script>window.bad = 1</script><img src=x onerror='window.bad = 1'>"
    text = f"""
    block Odd(note: str) = Dense(3)
    model Net {{ input x: f32[4]; output y = x -> Odd("{evil}") }}
    """
    page = draw(model(text), "html", "<img src=x onerror='window.bad = 1'>.dls")
    found = browse(
        page,
        """
        for (const node of shown()) select(node);
        return [window.bad === undefined, document.getElementById("facts").querySelector("img"),
          [...document.querySelectorAll("h1 small")].map((e) => e.textContent)];
        """,
    )
    assert found == [True, None, ["<img src=x onerror='window.bad = 1'>.dls"]]
