"""Tell people what went wrong: once, with what to do, to the channels of the settings, and never lose it on the way.

Belongs here: what an alert says (`message`), what makes two of them the same (`sameness`), which problems are known
(`ledger`), where all this is kept (`store`), routes and transport (`channels`, `delivery`), and the one object that
joins them (`desk`). Does not: noticing what is wrong (`defs/sensors/`).
"""

from adtech_assets.alerting.desk import Desk
from adtech_assets.alerting.message import Alert, Failure

__all__ = ["Alert", "Desk", "Failure"]
