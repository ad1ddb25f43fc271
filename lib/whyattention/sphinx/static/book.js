// A box that scrolls sideways takes the focus, for readers without a mouse; one that has nothing to scroll does not.
(() => {
  "use strict";
  const update = (box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const observer = new ResizeObserver((entries) => entries.forEach((entry) => update(entry.target)));
  document.querySelectorAll(".wa-formula, .pst-scrollable-table-container").forEach((box) => observer.observe(box));
})();
