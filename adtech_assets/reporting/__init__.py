"""The report as a client sees it: charts, page, PDF and mail.

Belongs here: what is printed, how it looks, and how it is sent. Does not: any statistic (`insight/`), any sentence of
the narrative (`narrative/`), or reading tables (the caller hands over a filled `content.ReportContent`).

`content` is what a report is made of; `page` is what the page shows, computed from it by `kpis`, `rankings`, `trace`
and `notes`; `figures` and `wording` are its formats and fixed words; `charts` draws; `document` makes HTML, `pdf` the
PDF and its preview, `mail` the mail.
"""
