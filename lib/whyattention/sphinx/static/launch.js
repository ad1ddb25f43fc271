// Opens a chapter in the JupyterHub whose address the reader gives; the address is remembered in this browser.
(() => {
  "use strict";
  const KEY = "whyattention:hub";
  const PLACE = /^lab\/tree\/[\w./-]+\.ipynb$/;
  const NAME = /^[\w./-]+$/;
  const TEXT = {
    invalid: "Give the whole address of the hub, beginning with https://",
    noChapter: "Open this page from the launch button of a chapter.",
  };

  /**
   * The hub's root, or null where the text is not an https address. What follows /hub is a page, not the root.
   * @param {string} text
   * @returns {string | null}
   */
  function hubRoot(text) {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
    if (url?.protocol !== "https:" || url.username || url.password) return null;
    return url.origin + url.pathname.replace(/\/hub(\/.*)?$/, "").replace(/\/+$/, "");
  }

  /**
   * nbgitpuller's link. The repository is the page's own and never taken from the address of the page.
   * @param {string} root @param {string} repository @param {URLSearchParams} asked
   * @returns {string}
   */
  function pullLink(root, repository, asked) {
    const query = new URLSearchParams({ repo: repository, urlpath: asked.get("urlpath"), branch: asked.get("branch") });
    return `${root}/hub/user-redirect/git-pull?${query}`;
  }

  const page = document.querySelector(".wa-launch");
  const form = page.querySelector("form");
  const field = form.elements.hub;
  const note = form.querySelector("[role=status]");
  const asked = new URLSearchParams(location.hash.slice(1));
  try {
    field.value = localStorage.getItem(KEY) ?? "";
  } catch { /* storage is off: the reader types the address again */ }
  form.noValidate = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const root = hubRoot(field.value);
    const complete = PLACE.test(asked.get("urlpath") ?? "") && NAME.test(asked.get("branch") ?? "");
    field.setAttribute("aria-invalid", String(!root));
    if (!root || !complete) {
      note.textContent = root ? TEXT.noChapter : TEXT.invalid;
      if (!root) field.focus();
      return;
    }
    try {
      localStorage.setItem(KEY, root);
    } catch { /* storage is off */ }
    location.assign(pullLink(root, page.dataset.repository, asked));
  });
})();
