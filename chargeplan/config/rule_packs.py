"""Rule packs: found by their names or read from a planner's file, with every fault at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chargeplan.config.nearest import find_nearest
from chargeplan.config.rule_reader import PackReader
from chargeplan.config.settings.basics import make_rule_path
from chargeplan.config.tree import MapNode, Mark, describe_value
from chargeplan.config.yaml_text import read_yaml
from chargeplan.errors import ConfigError, DataError, FaultCollector
from chargeplan.files import find_project_folder, require_file

if TYPE_CHECKING:
    from chargeplan.config.settings import ModelSettings
    from chargeplan.rules.pack import RulePack

FOLDER = "rules"
_MAX_BYTES = 1_000_000


def list_rule_packs() -> tuple[str, ...]:
    """List the names of the packs of the project, in the order of the alphabet."""
    return tuple(sorted(path.stem for path in (find_project_folder("data") / FOLDER).glob("*.yaml")))


def read_study_rules(settings: ModelSettings) -> tuple[RulePack, ...]:
    """Read the packs that a study names.

    Those of ``model.reported_rules`` are only reported, whatever they say themselves.

    Raises
    ------
    ConfigError, DataError
        With every fault of every pack: ConfigError when there is no pack of a name.
    """
    faults = FaultCollector(DataError)
    packs: list[RulePack] = []
    for key, names in (("model.rules", settings.rules), ("model.reported_rules", settings.reported_rules)):
        for number, name in enumerate(names):
            place = f"{key}[{number}]"
            try:
                pack = read_rule_pack(name, key=place)
            except (ConfigError, DataError) as error:
                faults.add_error(error)
                continue
            if pack.name in {other.name for other in packs}:
                faults.add_error(ConfigError(f"{place}: the pack {pack.name} is named twice; keep one"))
            packs.append(pack if key == "model.rules" else pack.report_only())
    faults.raise_if_any()
    return tuple(packs)


def read_rule_pack(name: str | Path, *, key: str = "model.rules") -> RulePack:
    """Read a pack of the project by its name, or one of the planner by its path.

    Parameters
    ----------
    name : str or Path
        A `Path`, or a text with a folder or an ending of YAML, is a file; other texts are names.
    key : str
        Config key, for messages.

    Raises
    ------
    ConfigError
        When the project has no pack of this name; the nearest is named.
    DataError
        When the file cannot be used, with every fault and its line.
    """
    path = name if isinstance(name, Path) else make_rule_path(name)
    if isinstance(path, Path):
        return _read(require_file(path, key), str(path))
    packs = list_rule_packs()
    if str(name) not in packs:
        meant = find_nearest(str(name), packs)
        question = f' (did you mean "{meant}"?)' if meant else ""
        raise ConfigError(
            f'{key}: no rule pack "{name}"{question}; the packs are {", ".join(packs)}; a pack of your own is '
            f"named by its path, such as rules/{name}.yaml"
        )
    return _read(find_project_folder("data") / FOLDER / f"{name}.yaml", f"data/{FOLDER}/{name}.yaml")


def _read(path: Path, label: str) -> RulePack:
    start = Mark(0, 1, 1, label)
    content = path.read_bytes()
    if len(content) > _MAX_BYTES:
        raise DataError(f"{label}: is larger than {_MAX_BYTES:,} bytes; is this a rule pack?")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{label}:{line}: got the byte 0x{content[error.start]:02x}, which is not UTF-8; save the file as UTF-8"
        ) from error
    root, faults = read_yaml(text, label)
    if not isinstance(root, MapNode):
        if not faults:
            shown = "nothing" if root is None else describe_value(root)
            raise DataError(f"{start}: got {shown}; expected the keys title, country, about and rules")
        raise DataError([str(fault) for fault in sorted(faults)])
    root.mark = start
    reader = PackReader(path.stem, faults)
    pack = reader.read(root)
    if reader.faults:
        raise DataError([str(fault) for fault in sorted(reader.faults)])
    return pack
