"""A page as PDF, printed by a Chromium of this computer."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from chargeplan.errors import ChargeplanError
from chargeplan.files import write_bytes

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_NAMED_BY = "CHARGEPLAN_CHROMIUM"
_LONGEST_S = 180


def find_chromium() -> str:
    """Find a Chromium, or a browser made from it.

    Raises
    ------
    ChargeplanError
        When there is none, with what to do.
    """
    named = os.environ.get(_NAMED_BY)
    if named:
        if shutil.which(named) is None:
            msg = f"{_NAMED_BY}: {named} cannot be run; set it to the path of Chromium, or unset it"
            raise ChargeplanError(msg)
        return named
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        looked_for = ", ".join(_NAMES)
        msg = f"no Chromium was found (looked for {looked_for}); install Chromium, or set {_NAMED_BY} to its path"
        raise ChargeplanError(msg)
    return found


def print_pdf(page: Path, pdf: Path) -> Path:
    """Print a page to PDF; an older PDF stays until the new one is complete.

    Parameters
    ----------
    page : Path
        An HTML file of ours.
    pdf : Path

    Raises
    ------
    ChargeplanError
        When there is no Chromium, or it does not print.
    """
    chromium = find_chromium()
    with tempfile.TemporaryDirectory(prefix="chargeplan-print-") as room:
        fresh = Path(room) / "report.pdf"
        command = [
            chromium,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={room}/profile",
            "--no-pdf-header-footer",
            f"--print-to-pdf={fresh}",
            page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(
                1, "--no-sandbox"
            )  # Chromium does not start as root otherwise; the page has no script
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ChargeplanError(_explain(chromium, page, str(error))) from error
        if done.returncode != 0 or not fresh.is_file() or not fresh.read_bytes().startswith(b"%PDF-"):
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise ChargeplanError(_explain(chromium, page, last[0]))
        write_bytes(pdf, fresh.read_bytes())
    return pdf


def _explain(chromium: str, page: Path, why: str) -> str:
    return f"{chromium} did not print {page.name} ({why}); open {page} in a browser and print it to PDF there"
