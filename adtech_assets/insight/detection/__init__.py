"""What is abnormal on which day, and its name.

The way of the data: `panel` (rows to arrays) -> `level_filter` with `shared_moves` -> `baseline` (what to expect) -> the
kinds (`spikes`, `drops`, `outages`, `wear`, `together`; `forest` moves thresholds, `calibration` sets them) -> `event` ->
`findings` with `sentence`. Not here: the entry (`insight.anomalies`), series by themselves (`insight.single_series`).
"""
