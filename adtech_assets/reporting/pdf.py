"""HTML to PDF, and pictures of its pages.

Belongs here: WeasyPrint and PDFium. Does not: what the page says or looks like.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

VARIANT = "pdf/ua-1"  # tagged, with alternative texts and language: readable by a screen reader


class PdfNotMade(RuntimeError):
    """The PDF could not be made; the message says what to do."""


def html_to_pdf(html: str, base_url: Path) -> bytes:
    """The page as a tagged A4 PDF; the same HTML and fonts give the same bytes.

    `base_url` is the templates folder: files below it and data: URIs are the only things that are read; every other
    address is refused, whatever the text says. PdfNotMade if the text libraries of the system are missing.
    """
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
    except OSError as error:
        raise PdfNotMade(
            "WeasyPrint cannot load Pango, which draws the text: install it (Debian and Ubuntu: "
            "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; macOS: brew install pango)"
        ) from error
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    folder = base_url.resolve()
    document = weasyprint.HTML(string=html, base_url=folder.as_uri() + "/", url_fetcher=_fetcher(folder))
    pdf: bytes = document.write_pdf(pdf_variant=VARIANT, font_config=FontConfiguration())
    return pdf


def page_count(pdf: bytes) -> int:
    """How many pages it has."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def first_page_png(pdf: bytes, width: int = 900) -> bytes:
    """The first page as a PNG, `width` pixels wide."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        image = page.render(scale=width / page.get_width()).to_pil()
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _fetcher(folder: Path) -> Any:
    from urllib.parse import unquote, urlsplit

    from weasyprint.urls import URLFetcher

    class LocalOnly(URLFetcher):  # type: ignore[misc]
        """Reads data: URIs and files below one folder."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            parts = urlsplit(url)
            inside = parts.scheme == "file" and not parts.netloc
            if parts.scheme == "data" or (inside and Path(unquote(parts.path)).resolve().is_relative_to(folder)):
                return super().fetch(url, headers)
            raise ValueError(f"the report reads nothing from outside: {parts.scheme}: address refused")

    return LocalOnly(allowed_protocols={"data", "file"}, allow_redirects=False)
