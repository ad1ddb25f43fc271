"""What a page shows of the figure GatedCell, held against Python's."""

import pytest

from whyattention.widgets import GatedCell
from whyattention.widgets.cell import ORDER

READ = """
(root) => {
  const number = (node) => (node.getAttribute("value") ? Number(node.getAttribute("value")) : null);
  const table = {};
  for (const row of root.querySelectorAll(".wa-cell-table tbody tr:not([hidden])")) {
    for (const cell of row.querySelectorAll("td:not([hidden]) data")) {
      (table[cell.dataset.of] ??= []).push(number(cell));
    }
  }
  const weights = {};
  for (const part of root.querySelectorAll("[data-gate]:not([hidden])")) {
    for (const field of part.querySelectorAll(".wa-cell-field")) {
      (weights[part.dataset.gate] ??= [])[Number(field.dataset.weight)] = Number(field.dataset.value);
    }
  }
  const shown = {};
  for (const one of root.querySelectorAll(".wa-cell-row:not([hidden]) .wa-cell-now")) {
    shown[one.dataset.of] = number(one);
  }
  return {
    kind: root.querySelector(".wa-cell-kinds input:checked").value,
    step: Number(root.querySelector(".wa-cell-scrub").value),
    weights, table, shown,
    results: [...root.querySelectorAll(".wa-cell-equation:not([hidden]) .wa-cell-result")].map(number),
    first: ["all", "direct"].map((path) => number(root.querySelector(`.wa-cell-first-${path}`))),
  };
}
"""


def agrees(root) -> GatedCell:
    """Compare every number of one figure to Python's for what its fields say, and return Python's figure."""
    page = root.evaluate(READ)
    cell = GatedCell(page["kind"], page["table"].pop("x"), page["weights"], page["step"])
    close = {"rel": 1e-10, "abs": 1e-10}
    table, at = page["table"], cell.step - 1
    columns = cell.quantities | {"direct": cell.direct_derivatives, "all": cell.derivatives}
    assert set(table) == set(columns)
    for name, numbers in columns.items():
        assert table[name] == pytest.approx(numbers, **close), name
    assert page["shown"] == pytest.approx({name: numbers[at] for name, numbers in columns.items()}, **close)
    made = [cell.quantities[name][at] for name in ORDER[cell.kind] if name in "ch"]
    assert page["results"] == pytest.approx(made, **close)
    assert page["first"] == pytest.approx([cell.derivative, cell.direct_derivative], **close)
    return cell
