"""What a week's insights are chosen from: causes of changes and anomalies, each with the rows it is about.

Belongs here: candidates, which of them say the same, and their rows in the table. Does not: opportunities
(`opportunities`), the order of the steps (`insights`).
"""
