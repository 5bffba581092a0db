"""What the numbers say: baselines, anomalies, drivers, recommendations, and the outside world (holidays, weather).

Belongs here: statistics on cleaned frames, and advice that follows from them. Does not: cleaning (`metrics`), wording
of sentences (`narrative`), charts (`reporting`). Everything is deterministic; nothing here knows Dagster.
"""
