// Light or dark: what the address asks for (?dark, ?light), else what the system prefers. Runs before anything is seen.
(() => {
  "use strict";
  const asked = new URLSearchParams(location.search);
  const prefersDark = matchMedia("(prefers-color-scheme: dark)").matches && !asked.has("print-pdf");
  const dark = asked.has("dark") || (prefersDark && !asked.has("light"));
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
