"""The report as a client sees it: charts, page, PDF and mail.

Belongs here: what is printed, how it looks, and how it is sent. Does not: any statistic (`insight/`), any sentence of the
narrative (`narrative/`), or reading tables (the caller hands over a filled `content.ReportContent`).

content.py  what a report is made of           page.py      what the page shows, computed from it
figures.py  numbers and dates by locale        wording.py   fixed words of the page
charts.py   Altair charts and their SVG        document.py  HTML          pdf.py  PDF and preview       mail.py  the mail
"""
