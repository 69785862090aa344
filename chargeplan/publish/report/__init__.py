"""The report of a run: report.html, written to be read, printed and handed over."""
