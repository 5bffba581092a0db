"""The report as HTML: one self-contained page, everything from files escaped.

Belongs here: filling the template. Does not: what is printed (`page.py`) or PDF (`pdf.py`).
"""

from __future__ import annotations

import colorsys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from adtech_assets.reporting.content import ReportContent
from adtech_assets.reporting.page import build_page

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "report.html.j2"
FONTS = "fonts"
READABLE = 4.5  # WCAG AA contrast of text


def render_html(content: ReportContent, templates_dir: Path) -> str:
    """The report as one HTML page: style and charts inside, no script, nothing fetched when it is opened.

    `templates_dir` holds report.html.j2, report.css and fonts/. The same content gives the same bytes.
    """
    fonts = templates_dir / FONTS
    page = build_page(content, fonts if fonts.is_dir() else None)
    brand = content.brand_color.lower()
    return (
        environment(templates_dir)
        .get_template(TEMPLATE)
        .render(page=page, w=page.wording, brand=brand, on_brand=text_on(brand), accent=readable_on_white(brand))
    )


@cache
def environment(templates_dir: Path) -> Environment:
    """Jinja2 with escaping in all but plain text, and undefined names as errors."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(templates_dir),
        autoescape=select_autoescape(disabled_extensions=("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def text_on(color: str) -> str:
    """White, or ink where white could not be read on the colour."""
    return "#ffffff" if _contrast(color, "#ffffff") >= READABLE else "#14202b"


def readable_on_white(color: str) -> str:
    """The colour, darkened until it can be read as text on white."""
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(color))
    while _contrast(color, "#ffffff") < READABLE and light > 0:
        light -= 0.02
        channels = colorsys.hls_to_rgb(hue, max(light, 0), saturation)
        color = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
    return color


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2, 1 to 21."""

    def luminance(color: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(color)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
