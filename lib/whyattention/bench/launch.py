"""Where the reader of a page can run it: the address at which Binder opens a notebook of the book."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

_CHECKOUT = Path(__file__).parents[3]


def binder_link(page: str) -> str | None:
    """Return the address of a notebook on Binder, that of the Binder button on its page.

    It is put together from ``_config.yml``, where alone the repository's address is written.

    Args:
        page: The notebook in ``book/``, without ``.ipynb``.

    Returns:
        The address, or None where the library is installed without the book.

    Raises:
        ValueError: The book has no such notebook.
    """
    settings = _CHECKOUT / "_config.yml"
    if not settings.is_file():
        return None
    path = f"book/{page}.ipynb"
    if not (_CHECKOUT / path).is_file():
        raise ValueError(f"page must be a notebook of the book, without .ipynb, got {page!r}")
    import yaml  # comes with Jupyter; where neither is, nobody asks

    config = yaml.safe_load(settings.read_text("utf-8"))
    repository, buttons = config["repository"], config["launch_buttons"]
    project = urlsplit(repository["url"]).path.strip("/")
    return f"{buttons['binderhub_url']}/v2/gh/{project}/{repository['branch']}?urlpath=lab/tree/{path}"
