"""One series by itself, at any regular grain: `scoring.score_series`, on the filter that daily campaigns use as well.

Belongs here: grid, scale and signs of single series. Does not: campaigns, and what their anomalies are called.
"""
