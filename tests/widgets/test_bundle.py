"""A widget's module is one text without imports that may stand inside a page."""

import re
import subprocess

import pytest

from whyattention.sphinx.formulas import node_executable
from whyattention.widgets import _base, bundle, registry


@pytest.mark.parametrize("name", list(registry()))
def test_a_module_needs_nothing_beside_it_and_is_safe_inside_a_script(name):
    module = registry()[name].module_text
    assert not re.search(r"^\s*import\b|\bimport\(", module, re.MULTILINE)
    assert not re.search(r"<!--|</?script", module, re.IGNORECASE)
    assert "https://" not in module


@pytest.mark.parametrize("name", list(registry()))
def test_a_module_loads_and_offers_render(name):
    check = (
        "let text = ''; for await (const part of process.stdin.setEncoding('utf8')) text += part;"
        "const url = 'data:text/javascript;base64,' + Buffer.from(text).toString('base64');"
        "console.log(typeof (await import(url)).default.render);"
    )
    command = [str(node_executable()), "--input-type=module", "--eval", check]
    done = subprocess.run(
        command, input=registry()[name].module_text, capture_output=True, encoding="utf-8", timeout=30
    )
    assert (done.stdout.strip(), done.stderr) == ("function", "")


def test_the_registry_names_each_widget_as_its_stored_state_does():
    from whyattention.widgets import Predict, Scores

    widgets = [Scores(), Predict(key="a", question="?", options=["x", "y"], answer=0)]
    assert [registry()[widget._anywidget_id] for widget in widgets] == [Scores, Predict]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('import a from "./b.js";\n', "import"),
        ('const a = await import("./b.js");\n', "import"),
        ('const a = "<!-- x";\n', "<!--"),
        ('const a = "</SCRIPT>";\n', "</SCRIPT"),
    ],
)
def test_a_module_that_cannot_stand_alone_is_refused(tmp_path, monkeypatch, text, named):
    (tmp_path / "odd.js").write_text(text, encoding="utf-8")
    monkeypatch.setattr(_base, "HERE", tmp_path)
    with pytest.raises(ValueError, match=re.escape(named)):
        bundle("odd")


def test_each_imported_module_comes_once_and_before_its_use(tmp_path, monkeypatch):
    (tmp_path / "base.js").write_text("// why\nexport const one = 1;\n", encoding="utf-8")
    (tmp_path / "more.js").write_text(
        'import { one } from "./base.js";\nexport const two = one + one;\n', encoding="utf-8"
    )
    main = 'import { one } from "./base.js";\nimport { two } from "./more.js";\nexport default one + two;\n'
    (tmp_path / "main.js").write_text(main, encoding="utf-8")
    monkeypatch.setattr(_base, "HERE", tmp_path)
    text = bundle("main")
    assert text.count("const one = 1") == 1
    assert text.index("const one = 1") < text.index("const two = one + one") < text.index("export default")
    assert "why" not in text


def test_two_exports_of_one_name_are_refused(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / f"{name}.js").write_text("export const same = 1;\n", encoding="utf-8")
    main = 'import { same } from "./one.js";\nimport { same } from "./two.js";\n'
    (tmp_path / "main.js").write_text(main, encoding="utf-8")
    monkeypatch.setattr(_base, "HERE", tmp_path)
    with pytest.raises(ValueError, match=r"2 modules of main\.js export same"):
        bundle("main")


def test_functions_that_nothing_uses_stay_behind(tmp_path, monkeypatch):
    unused = "export function idle() {\n  return only();\n}\nexport function only() {\n  return 1;\n}\n"
    used = "export function busy() {\n  return 2;\n}\n"
    (tmp_path / "more.js").write_text(unused + used, encoding="utf-8")
    main = 'import { busy } from "./more.js";\nexport function render() {\n  return busy();\n}\n'
    (tmp_path / "main.js").write_text(main, encoding="utf-8")
    monkeypatch.setattr(_base, "HERE", tmp_path)
    text = bundle("main")
    assert "busy" in text
    assert not any(name in text for name in ("idle", "only"))


@pytest.mark.parametrize("path", sorted(_base.HERE.glob("*.js")), ids=lambda path: path.stem)
def test_no_text_goes_over_lines_for_indentation_would_be_part_of_it(path):
    assert all(line.count("`") % 2 == 0 for line in path.read_text(encoding="utf-8").splitlines())
