"""The Dagster wing: partitions, assets, checks, jobs, sensors. Nothing below imports it, nothing in it calculates."""
