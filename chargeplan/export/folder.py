"""Where exports go: beside the run, each file complete or not there, and nobody's own file replaced."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.errors import ChargeplanError, DataError, name_rows
from chargeplan.export.manifest import read_manifest, write_manifest
from chargeplan.export.own_folders import refuse_own_folder
from chargeplan.export.readme import README_NAME, list_notes, write_readme
from chargeplan.files import compute_sha256, write_text
from chargeplan.publish.finished_run import find_run_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chargeplan.export.output_file import OutputFile
    from chargeplan.export.plan import ExportPlan


@dataclass(frozen=True, slots=True)
class Written:
    """What an export has written.

    Parameters
    ----------
    folder : Path
    files : tuple of Path
    kept : tuple of str
        Files of earlier exports that stay, made from another state of the run.
    """

    folder: Path
    files: tuple[Path, ...]
    kept: tuple[str, ...] = field(default=())


def name_folder(run_folder: Path) -> Path:
    """Name the folder of the exports of a run, such as maps/demo-export."""
    run = find_run_folder(run_folder).resolve()
    return run.with_name(f"{run.name}-export")


def write_exports(
    folder: Path, plan: ExportPlan, files: Sequence[OutputFile], *, run_sha256: str, overwrite: bool
) -> Written:
    """Write files into a folder, with README.txt and export.json; all are checked before the first is replaced.

    Parameters
    ----------
    folder : Path
        Made when it is not there.
    plan : ExportPlan
    files : sequence of OutputFile
    run_sha256 : str
        Checksum of the manifest of the run.
    overwrite : bool
        Replace files of the same name that no export has made, or that were changed since.

    Raises
    ------
    ChargeplanError
        When the folder cannot be written, or a file of another maker would be replaced.
    DataError
        When a file does not read back as it should; nothing is replaced.
    """
    folder = folder.resolve()
    refuse_own_folder(folder)
    if folder.exists() and not folder.is_dir():
        raise ChargeplanError(f"--out: {folder} is a file; name a folder, or a file with a known ending")
    known = read_manifest(folder)
    names = [file.name for file in files]
    _refuse_foreign(folder, [*names, README_NAME], known, overwrite=overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export.", dir=folder) as fresh:
            sums = _write_checked(Path(fresh), files)
            described = {
                file.name: {
                    "format": file.format.value,
                    "holds": file.holds,
                    "notes": list_notes(plan, file.format),
                    "run_sha256": run_sha256,
                    "sha256": sums[file.name],
                }
                for file in files
            }
            kept = {name: row for name, row in known.items() if (folder / name).is_file()}
            readme = write_readme(plan, kept | described, run_sha256=run_sha256)
            _replace(folder, Path(fresh), names, readme, kept, described)
    except OSError as error:
        raise ChargeplanError(
            f"{folder} cannot be written ({error}); free disk space, or name another folder with --out"
        ) from error
    kept.pop(README_NAME, None)
    stale = [name for name in sorted(kept.keys() - set(names)) if kept[name]["run_sha256"] != run_sha256]
    return Written(folder, tuple(folder / name for name in (*names, README_NAME)), tuple(stale))


def write_single(path: Path, file: OutputFile, *, overwrite: bool) -> Written:
    """Write one file to a path that the user has named, without README.txt and export.json.

    Raises
    ------
    ChargeplanError
        When it cannot be written, or a file is there already.
    DataError
        When it does not read back as it should.
    """
    path = path.absolute()
    refuse_own_folder(path.parent.resolve())
    if path.is_dir():
        raise ChargeplanError(f"--out: {path} is a folder; name a file")
    if path.exists() and not overwrite:
        raise ChargeplanError(
            f"--out: {path} is there already; name another file, or replace it with --overwrite"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export.", dir=path.parent) as fresh:
            _write_checked(Path(fresh), [file])
            os.replace(Path(fresh) / file.name, path)
    except OSError as error:
        raise ChargeplanError(
            f"{path} cannot be written ({error}); free disk space, or name another place with --out"
        ) from error
    return Written(path.parent, (path,))


def _write_checked(fresh: Path, files: Sequence[OutputFile]) -> dict[str, str]:
    """Write each file and read it back; return their checksums."""
    faults, sums = [], {}
    for file in files:
        path = fresh / file.name
        file.write(path)
        faults += [f"{file.name}: {fault}" for fault in file.check(path)]
        path.chmod(0o644)
        with path.open("rb") as written:
            os.fsync(written.fileno())
        sums[file.name] = compute_sha256(path)
    if faults:
        raise DataError([*faults, "nothing was written; this is a fault of chargeplan, please report it"])
    return sums


def _replace(
    folder: Path,
    fresh: Path,
    names: Sequence[str],
    readme: str,
    kept: dict[str, dict[str, Any]],
    described: dict[str, dict[str, Any]],
) -> None:
    """Put the files in place; whenever this ends, export.json knows every file that is there."""
    before = {name: {**described[name], "replaced": kept[name]} for name in names if name in kept}
    write_manifest(folder, kept | described | before)
    for name in names:
        os.replace(fresh / name, folder / name)
    write_text(folder / README_NAME, readme)
    readme_row = {
        "format": "",
        "holds": "this list",
        "notes": {},
        "run_sha256": "",
        "sha256": compute_sha256(folder / README_NAME),
    }
    write_manifest(folder, kept | described | {README_NAME: readme_row})


def _refuse_foreign(
    folder: Path, names: Sequence[str], known: Mapping[str, Mapping[str, Any]], *, overwrite: bool
) -> None:
    """Refuse to replace what no export has written, or what was changed since."""
    foreign, changed = [], []
    for name in names:
        path = folder / name
        if not path.exists():
            continue
        if path.is_dir():
            raise ChargeplanError(
                f"{path} is a folder where a file would go; move it, or name another folder"
            )
        row = known.get(name)
        if row is None:
            foreign.append(name)
        elif compute_sha256(path) != row["sha256"]:
            changed.append(name)
    if overwrite or not (foreign or changed):
        return
    told = [f"no export has made {name_rows(foreign)}"] if foreign else []
    told += [f"{name_rows(changed)} changed since the export"] if changed else []
    raise ChargeplanError(
        f"{folder}: {' and '.join(told)}; move what you want to keep, or replace it with --overwrite"
    )
