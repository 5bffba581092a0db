"""What a run needs imported, imported once: the launcher's fork server loads this module and is forked for every run.

Belongs here: imports, and nothing that opens a file or computes. Does not: anything else; it is the
one place that imports on purpose what every other module imports late.
"""

import gc

import altair
import dagster._cli.api
import sklearn.ensemble
import vl_convert
import weasyprint

import adtech_assets.definitions
from adtech_assets.quality.runner import preload

preload()
# What is loaded here stays: the runs' garbage collection need not walk over it, nor copy its pages.
gc.freeze()

__all__ = ["adtech_assets", "altair", "dagster", "sklearn", "vl_convert", "weasyprint"]
